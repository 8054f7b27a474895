/**
 * How the histories in `test/histories` were recorded. One is made anew only on purpose: delete the file, run
 * `RECORD_HISTORIES=1 npx vitest run test/history.test.ts` once, and say in the changelog why.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRule } from '../../emulator';
import { createActivities } from '../../src/activities';
import type { TaskOptions } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE, gateWorkflowId } from '../../src/names';
import { aPlan, begin } from './reports';
import { devServerWorld, skippingWorld, type World } from './world';

export const HISTORIES = join(__dirname, '..', 'histories');

async function save(name: string, handle: WorkflowHandle): Promise<void> {
  writeFileSync(join(HISTORIES, `${name}.json`), `${historyToJSON(await handle.fetchHistory())}\n`);
}

async function inWorld(make: () => Promise<World>, body: (world: World) => Promise<void>): Promise<void> {
  const world = await make();
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

interface TaskRecording {
  scenario: string;
  options?: TaskOptions;
  cancelAfterSeconds?: number;
  metadata?: Record<string, string>;
}

const recordTask =
  (name: string, { scenario, options, cancelAfterSeconds, metadata }: TaskRecording) =>
  (): Promise<void> =>
    inWorld(skippingWorld, (world) =>
      world.withWorker(async () => {
        const handle = await world.ask(scenario, { inlineWaitSeconds: 0, ...options }, metadata);
        if (cancelAfterSeconds) {
          await world.env.sleep(`${cancelAfterSeconds}s`);
          await handle.signal('cancelTask', 'recorded');
        }
        await handle.result();
        await save(name, handle);
      }),
    );

const REFUSED_STREAM: FaultRule = { op: 'stream', do: { kind: 'status', status: 400 } };

/** In a server whose time does not skip: it would not while a stream is open. */
const recordStreamed = (name: string, metadata: Record<string, string>, fault?: FaultRule) => (): Promise<void> =>
  inWorld(devServerWorld, (world) =>
    world.withWorker(async () => {
      world.emulator.setFaults(fault ? [fault] : []);
      const handle = await world.ask('text', { watch: 'stream', pollIntervalsSeconds: [0.3] }, metadata);
      await handle.result();
      await save(name, handle);
    }),
  );

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

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const metadata = { emulator_run_seconds: '0.5', emulator_queued_seconds: '0.1' };
    return { id: `i${i}`, task: { request: { model: 'o3', input: `Prompt ${i}`, metadata } } };
  });

const QUICK = { pollIntervalsSeconds: [0.2] };

const recordBatch = (): Promise<void> =>
  inWorld(devServerWorld, (world) =>
    world.withWorker(async () => {
      const plan = { items: itemsOf(8), concurrency: 3, options: QUICK };
      const handle = await world.startBatch(plan, 'batch-completed', 5);
      await handle.result();
      await save('batch-completed', handle);
      await save('page-completed', world.client.workflow.getHandle('batch-completed/page/0001'));
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

/** Tasks that wait, are let in and leave; the gate itself stays open. */
const recordGate = (): Promise<void> =>
  inWorld(devServerWorld, (world) => {
    const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
    const activities = createActivities({ openai, store: world.store, limits: { maxInFlight: 2 } });
    return world.withWorker(async () => {
      await (await world.startBatch({ items: itemsOf(6), concurrency: 6, options: QUICK }, 'gated')).result();
      await save('gate-open', world.client.workflow.getHandle(gateWorkflowId(DEFAULT_TASK_QUEUE)));
    }, activities);
  });

/** By the name of the file; what records two has either name. */
export const RECORDINGS: Record<string, () => Promise<void>> = {
  'task-completed': recordTask('task-completed', { scenario: 'text' }),
  'task-failed': recordTask('task-failed', { scenario: 'failed' }),
  'task-timed-out': recordTask('task-timed-out', { scenario: 'stuck_in_progress', options: { maxWaitSeconds: 60 } }),
  'task-cancelled': recordTask('task-cancelled', { scenario: 'slow', cancelAfterSeconds: 20 }),
  'task-long-wait': recordTask('task-long-wait', { scenario: 'text', metadata: { emulator_run_seconds: '3000' } }),
  'task-streamed': recordStreamed('task-streamed', { emulator_run_seconds: '2' }),
  'task-stream-refused': recordStreamed('task-stream-refused', { emulator_run_seconds: '2' }, REFUSED_STREAM),
  'task-webhook': recordWebhook('task-webhook', 1010),
  'task-webhook-early': recordWebhook('task-webhook-early', 100),
  'task-webhook-none': recordWebhook('task-webhook-none'),
  'batch-completed': recordBatch,
  'page-completed': recordBatch,
  'gate-open': recordGate,
  'report-completed': recordReport,
};
