/** Recordings of the gate in front of an account, and of tasks that wait there. */
import { createActivities } from '../../src/activities';
import { DEFAULT_TASK_QUEUE, gateWorkflowId } from '../../src/names';
import { beforePatch } from './bundles';
import { gateAlone, traffic } from './gates';
import { inWorld, save } from './recording';
import { itemsOf, QUICK } from './recordings-batches';
import { SHORT_RUNS, times } from './recordings-tasks';
import { until } from './watched';
import { devServerWorld, skippingWorld, type World, type WorldOptions } from './world';

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
          const { gate, say } = await gateAlone(world);
          await say([], ['holder', 'gone-1', 'gone-2']);
          await say(['holder'], []);
          await gate.result();
          await save(name, gate);
        }),
    );

/** One waits for the place of another that is gone, while somebody always says something. */
const recordBusy =
  (name: string, more: () => WorldOptions = () => ({})) =>
  (): Promise<void> =>
    inWorld(
      () => skippingWorld(more()),
      (world) =>
        world.withWorker(async () => {
          const alone = await gateAlone(world);
          await alone.say([], ['gone', 'waits']);
          await traffic(world, alone, 2);
          await alone.gate.result();
          await save(name, alone.gate);
        }),
    );

export const GATES: Record<string, () => Promise<void>> = {
  'gate-open': recordGate,
  'task-held': recordHeld,
  'gate-continued': recordHeld,
  'gate-ended': recordHeld,
  'gate-gone': recordGone('gate-gone'),
  'gate-gone-before': recordGone('gate-gone-before', beforePatch('freed-together')),
  'gate-busy': recordBusy('gate-busy'),
  'gate-busy-before': recordBusy('gate-busy-before', beforePatch('ask-while-busy')),
};
