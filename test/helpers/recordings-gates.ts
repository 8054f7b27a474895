/** Recordings of the gate in front of an account, and of tasks that wait there. */
import { createActivities } from '../../src/activities';
import { DEFAULT_TASK_QUEUE, gateWorkflowId } from '../../src/names';
import { responseGate } from '../../src/workflows';
import { exchangeUpdate } from '../../src/workflows/gate-messages';
import { beforePatch } from './bundles';
import { inWorld, save } from './recording';
import { itemsOf, QUICK } from './recordings-batches';
import { SHORT_RUNS, times } from './recordings-tasks';
import { until } from './watched';
import { devServerWorld, type World, type WorldOptions } from './world';

const atMost = (maxInFlight: number, { emulator, store }: World) =>
  createActivities({ openai: { apiKey: 'sk-test', baseURL: emulator.url }, store, limits: { maxInFlight } });

/** Tasks that wait, are let in and leave; the gate itself stays open. */
const recordGate = (): Promise<void> =>
  inWorld(devServerWorld, (world) =>
    world.withWorker(
      async () => {
        await (await world.startBatch({ items: itemsOf(6), concurrency: 6, options: QUICK }, 'gated')).result();
        await save('gate-open', world.client.workflow.getHandle(gateWorkflowId(DEFAULT_TASK_QUEUE)));
      },
      atMost(2, world),
    ),
  );

/** A task that waits for another; the gate, which goes on as new and ends when nobody has needed it for a minute. */
const recordHeld = (): Promise<void> =>
  inWorld(
    () => devServerWorld(SHORT_RUNS),
    (world) =>
      world.withWorker(
        async () => {
          const tasks = [];
          for (let i = 0; i < 8; i++) tasks.push(await world.ask('text', QUICK, times('0.5')));
          const gate = world.client.workflow.getHandle(gateWorkflowId(DEFAULT_TASK_QUEUE));
          await until(() => gate.describe().then(Boolean, () => false));
          const { runId } = await gate.describe();
          await Promise.all(tasks.map((task) => task.result()));
          await save('task-held', tasks.at(-1)!);
          await save('gate-continued', world.client.workflow.getHandle(gate.workflowId, runId));
          await gate.result();
          await save('gate-ended', gate);
        },
        atMost(1, world),
      ),
  );

/** Two are let in one after the other, and both have ended meanwhile. */
const recordGone =
  (name: string, more: () => WorldOptions = () => ({})) =>
  (): Promise<void> =>
    inWorld(
      () => devServerWorld(more()),
      (world) =>
        world.withWorker(async () => {
          const gate = await world.client.workflow.start(responseGate, {
            taskQueue: DEFAULT_TASK_QUEUE,
            workflowId: gateWorkflowId(DEFAULT_TASK_QUEUE),
            args: [{ limits: { maxInFlight: 1 }, holders: [], waiting: [], nextCreateMs: 0 }],
          });
          const say = (leave: string[], enter: string[]) => {
            const seekers = enter.map((id) => ({ id, priorityKey: 3, fairnessKey: '' }));
            return gate.executeUpdate(exchangeUpdate, {
              args: [{ limits: { maxInFlight: 1 }, leave, enter: seekers }],
            });
          };
          await say([], ['holder', 'gone-1', 'gone-2']);
          await say(['holder'], []);
          await gate.result();
          await save(name, gate);
        }),
    );

export const GATES: Record<string, () => Promise<void>> = {
  'gate-open': recordGate,
  'task-held': recordHeld,
  'gate-continued': recordHeld,
  'gate-ended': recordHeld,
  'gate-gone': recordGone('gate-gone'),
  'gate-gone-before': recordGone('gate-gone-before', beforePatch('freed-together')),
};
