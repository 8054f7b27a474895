/**
 * How the histories in `test/histories` were recorded. One is made anew only on purpose: delete the file, run
 * `RECORD_HISTORIES=1 npx vitest run test/replay.test.ts` once, and say in the changelog why.
 */
import type { FaultRule } from '../../emulator';
import { beforePatch } from './bundles';
import { HISTORIES, inWorld, recordLive, recordTask, save, type TaskRecording } from './recording';
import { BATCHES } from './recordings-batches';
import { GATES } from './recordings-gates';
import { TASKS, times } from './recordings-tasks';
import { aPlan, begin } from './reports';
import { until } from './watched';
import { createsOf, devServerWorld, skippingWorld, type WorldOptions } from './world';

export { HISTORIES };

const REFUSED_STREAM: FaultRule = { op: 'stream', do: { kind: 'status', status: 400 } };

const recordStreamed = (name: string, metadata: Record<string, string>, faults?: FaultRule[]) =>
  recordLive(name, { metadata, faults, options: { watch: 'stream', pollIntervalsSeconds: [0.3] } });

const cancelAfter =
  (seconds: number): TaskRecording['act'] =>
  async (handle, { env }) => {
    await env.sleep(`${seconds}s`);
    await handle.signal('cancelTask', 'recorded');
  };

const recordWebhook = (name: string, signalAfterSeconds?: number) => (): Promise<void> =>
  inWorld(skippingWorld, (world) =>
    world.withWorker(async () => {
      const handle = await world.ask(
        'text',
        { watch: 'webhook', maxWaitSeconds: 9000 },
        { emulator_run_seconds: '1000' },
      );
      if (signalAfterSeconds) {
        await world.env.sleep(`${signalAfterSeconds}s`);
        await handle.signal('lookNow');
      }
      await handle.result();
      await save(name, handle);
    }),
  );

const recordReport = (): Promise<void> =>
  inWorld(devServerWorld, (world) =>
    world.withWorker(async () => {
      const handle = await begin(world, aPlan(), 'report-completed');
      await handle.result();
      await save('report-completed', handle);
    }),
  );

/** At its limit for the queue, where looks with timers wait for a webhook: it was told before there was a net. */
const queuedBehindWebhook: TaskRecording = {
  scenario: 'stuck_queued',
  options: { watch: 'webhook', maxQueuedSeconds: 30 },
  faults: [{ op: 'create', do: { kind: 'delay', ms: 500 } }],
  act: async (handle, { emulator }) => {
    await until(() => createsOf(emulator, handle.workflowId).length > 0);
    await handle.signal('lookNow');
  },
};

/** Refused until the server asks for a new run. Saves the first run, and the last one where it has a name. */
const recordRefused =
  (first: string, last: string | null, more: () => WorldOptions = () => ({})) =>
  (): Promise<void> =>
    inWorld(
      () => devServerWorld({ serverSettings: ['limit.historyCount.suggestContinueAsNew=20'], ...more() }),
      (world) =>
        world.withWorker(async () => {
          world.emulator.setFaults([{ op: 'create', times: 2, do: { kind: 'status', status: 429 } }]);
          const handle = await world.ask('text', { pollIntervalsSeconds: [0.5] }, times('0.5'));
          await handle.result();
          await save(first, world.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId));
          if (last) await save(last, world.client.workflow.getHandle(handle.workflowId));
        }),
    );

/** By the name of the file; what records several has either name. */
export const RECORDINGS: Record<string, () => Promise<void>> = {
  'task-completed': recordTask('task-completed', {}),
  'task-failed': recordTask('task-failed', { scenario: 'failed' }),
  'task-timed-out': recordTask('task-timed-out', { scenario: 'stuck_in_progress', options: { maxWaitSeconds: 60 } }),
  'task-cancelled': recordTask('task-cancelled', { scenario: 'slow', act: cancelAfter(20) }),
  'task-long-wait': recordTask('task-long-wait', { metadata: { emulator_run_seconds: '3000' } }),
  'task-streamed': recordStreamed('task-streamed', { emulator_run_seconds: '2' }),
  'task-stream-refused': recordStreamed('task-stream-refused', { emulator_run_seconds: '2' }, [REFUSED_STREAM]),
  'task-webhook': recordWebhook('task-webhook', 1010),
  'task-webhook-early': recordWebhook('task-webhook-early', 100),
  'task-webhook-none': recordWebhook('task-webhook-none'),
  'task-queued-webhook': recordTask('task-queued-webhook', queuedBehindWebhook),
  'task-queued-webhook-before': recordTask(
    'task-queued-webhook-before',
    queuedBehindWebhook,
    beforePatch('look-behind-webhook'),
  ),
  'task-refused': recordRefused('task-refused', 'task-refused-last'),
  'task-refused-last': recordRefused('task-refused', 'task-refused-last'),
  'task-refused-before': recordRefused('task-refused-before', null, beforePatch('create-in-next-run')),
  'report-completed': recordReport,
  ...TASKS,
  ...BATCHES,
  ...GATES,
};
