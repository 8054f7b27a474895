/** Batches on the dev server: window, order, isolation, cancel, progress. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities, type Activities } from '../src/activities';
import { readBatchProgress } from '../src/client/read-batch';
import type { BatchItem, BatchPlan, BatchProgress, BatchResult, TaskOptions } from '../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../src/names';
import { BatchInputWriter } from '../src/store/batch-input';
import { keepingWorker } from './helpers/kept-worker';
import { devServerWorld, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await devServerWorld());
});
afterAll(() => world.close());

const options = { pollIntervalsSeconds: [0.2] };

const requestOf = (id: string, metadata: Record<string, string> = {}) => ({
  model: 'o3',
  input: `Prompt ${id}`,
  metadata: { emulator_run_seconds: '0.5', emulator_queued_seconds: '0.1', ...metadata },
});

const item = (id: string, metadata?: Record<string, string>, own: TaskOptions = {}): BatchItem => ({
  id,
  task: { request: requestOf(id, metadata), options: own },
});

/** Upstream refuses it. */
const refused: BatchItem = item('refused', { emulator_scenario: 'there-is-no-such' });

const start = (plan: BatchPlan) => world.startBatch(plan);

/** Waits until upstream has so many responses of a batch. */
async function created(id: string, count: number): Promise<void> {
  const ofBatch = () =>
    world.emulator.ledger().creates.filter(({ metadata }) => metadata.task_id?.startsWith(`${id}/`)).length;
  await expect.poll(ofBatch, { timeout: 30_000, interval: 20 }).toBe(count);
}

/** Runs a batch to its end. */
async function play(plan: BatchPlan) {
  return world.withWorker(async () => {
    const handle = await start(plan);
    const result = (await handle.result()) as BatchResult;
    return { result, records: await world.recordsOf(handle.workflowId), id: handle.workflowId };
  });
}

test('items of every fate -> one record each, in input order, each with its own answer', async () => {
  const items: BatchItem[] = [
    item('good-1'),
    item('fails', { emulator_scenario: 'failed' }),
    { id: 'bad-line', problem: { line: 3, field: 'input', message: 'is empty' } },
    refused,
    item('good-2'),
  ];
  const { result, records } = await play({ items, options });
  expect(records.map(({ index, id, status }) => [index, id, status])).toEqual([
    [0, 'good-1', 'completed'],
    [1, 'fails', 'failed'],
    [2, 'bad-line', 'rejected'],
    [3, 'refused', 'rejected'],
    [4, 'good-2', 'completed'],
  ]);
  expect(result.records).toEqual(records);
  expect(records[0]?.result).toContain('"Prompt good-1"');
  expect(records[4]?.result).toContain('"Prompt good-2"');
  expect(records[2]?.error?.message).toBe('line 3, input: is empty');
  expect(records[3]?.error?.message).toContain('scenario');
  expect(result.counts).toEqual({ completed: 2, failed: 1, rejected: 2 });
});

test('a window of 3 over 12 items -> never more than 3 in flight upstream, high priority first', async () => {
  const items = Array.from({ length: 12 }, (_, i) => item(`w${i}`, {}, { priority: i === 11 ? 'high' : 'low' }));
  const { progress, result } = await world.withWorker(async () => {
    const handle = await start({ items, options, concurrency: 3 });
    const seen: BatchProgress[] = [];
    const done = handle.result() as Promise<BatchResult>;
    let ended = false;
    void done.finally(() => (ended = true));
    while (!ended) {
      seen.push(await readBatchProgress(world.client, handle.workflowId));
      await sleep(50);
    }
    return { progress: seen, result: await done };
  });
  expect(Math.max(...progress.map(({ running }) => running))).toBe(3);
  expect(result.counts).toEqual({ completed: 12 });
  const first = world.emulator
    .ledger()
    .creates.filter(({ metadata }) => metadata.task_id?.startsWith(result.batchId))
    .slice(0, 3);
  expect(first.map(({ metadata }) => metadata.task_id)).toContain(`${result.batchId}/w11`);
});

test('a task that is terminated, one that is cancelled by hand -> the batch ends and says so', async () => {
  const slow = { emulator_run_seconds: '600' };
  const items = [item('good'), item('terminated', slow), item('cancelled', slow)];
  const result = await world.withWorker(async () => {
    const handle = await start({ items, options });
    await created(handle.workflowId, 3);
    await world.client.workflow.getHandle(`${handle.workflowId}/terminated`).terminate('by hand');
    await world.client.workflow.getHandle(`${handle.workflowId}/cancelled`).cancel();
    const { counts, batchId } = (await handle.result()) as BatchResult;
    return { counts, batchId, records: await world.recordsOf(batchId) };
  });
  expect(result.records.map(({ status }) => status)).toEqual(['completed', 'unknown', 'cancelled']);
  expect(result.records[1]?.error?.message).toContain(`${result.batchId}/terminated`);
  expect(result.counts).toEqual({ completed: 1, unknown: 1, cancelled: 1 });
});

test('a worker whose code throws at one item -> the batch ends and names it and what may have been paid', async () => {
  const items = [item('good'), item('throws')];
  const { store, emulator } = world;
  const activities = createActivities({ openai: { apiKey: 'sk-test', baseURL: emulator.url }, store });
  const broken: Partial<Activities> = {
    startResponse: (input) => {
      if (input.taskId.endsWith('/throws')) throw new TypeError("Cannot read properties of undefined (reading 'id')");
      return activities.startResponse(input);
    },
  };
  const { result, records } = await world.withWorker(async () => {
    const handle = await start({ items, options });
    return { result: (await handle.result()) as BatchResult, records: await world.recordsOf(handle.workflowId) };
  }, broken);
  expect(result.counts).toEqual({ completed: 1, unknown: 1 });
  expect(records[1]?.error?.message).toContain('Cannot read properties');
  expect(records[1]?.possibleOrphans.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test('a task whose workflow fails -> a record that says why, and the others end', async () => {
  const id = uniqueId('batch');
  // Past the door, which would refuse it.
  const writer = new BatchInputWriter(world.store, id);
  for (const one of [item('good'), item('fails', {}, { maxWaitSeconds: -1 })]) await writer.add(one);
  const { pages } = await writer.finish();
  const { records } = await world.withWorker(async () => {
    const input = { folder: id, pages, concurrency: 2 };
    const how = { workflowId: id, taskQueue: DEFAULT_TASK_QUEUE, args: [input] };
    return (await world.client.workflow.execute('responseBatch', how)) as BatchResult;
  });
  expect(records?.map(({ status }) => status)).toEqual(['completed', 'unknown']);
  expect(records?.[1]?.error?.message).toContain('maxWaitSeconds');
});

test.each(['signal', 'Temporal'])(
  'cancel by %s with tasks running and waiting -> nothing more starts, all cancelled, finished ones kept',
  async (way) => {
    const slow = (id: string) => item(id, { emulator_run_seconds: '600' });
    const items = [item('quick'), slow('s1'), slow('s2'), slow('s3'), slow('s4')];
    const { result, createsAtCancel, execution } = await world.withWorker(async () => {
      const handle = await start({ items, options, concurrency: 3 });
      // The quick one has made room for the last that fits.
      await created(handle.workflowId, 4);
      const creates = world.emulator.ledger().creates.length;
      if (way === 'signal') await handle.signal('cancelBatch', 'enough');
      else await handle.cancel();
      await handle.result().catch(() => undefined);
      return {
        result: { records: await world.recordsOf(handle.workflowId) },
        createsAtCancel: creates,
        execution: (await handle.describe()).status.name,
      };
    });
    expect(result.records.map(({ status }) => status)).toEqual([
      'completed',
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(result.records[4]?.error?.code).toBe('not_started');
    expect(world.emulator.ledger().creates).toHaveLength(createsAtCancel);
    expect(execution).toBe(way === 'signal' ? 'COMPLETED' : 'CANCELLED');
    const own = result.records.map(({ responseId }) => responseId);
    expect((await stillRunning(world.emulator)).filter((id) => own.includes(id))).toEqual([]);
  },
);

test('an answer of 700,000 bytes -> in the store, not in any history', async () => {
  const items = [item('large', { emulator_output_bytes: '700000' }), item('small')];
  const { records, id } = await play({ items, options });
  expect(records.map(({ resultOmitted, status }) => [status, resultOmitted])).toEqual([
    ['completed', false],
    ['completed', false],
  ]);
  expect(records[0]?.result?.length).toBeGreaterThan(600_000);
  const history = await world.client.workflow.getHandle(`${id}/large`).fetchHistory();
  expect(JSON.stringify(history).length).toBeLessThan(100_000);
});

test('search attributes at the start of a batch -> its tasks are found by batch and by status', async () => {
  const id = uniqueId('batch');
  const found = await world.withWorker(async () => {
    const items = [item('a'), item('b', { emulator_scenario: 'failed' })];
    const handle = await world.startBatch({ items, options }, id);
    await handle.result();
    const query = (status: string) =>
      `BatchId = '${id}' AND WorkflowType = 'responseTask' AND TaskStatus = '${status}'`;
    for (let tries = 0; tries < 100; tries++) {
      const counts = await Promise.all(
        ['completed', 'failed'].map((status) => world.client.workflow.count(query(status))),
      );
      if (counts.every(({ count }) => count === 1)) return true;
      await sleep(50);
    }
    return false;
  });
  expect(found).toBe(true);
});
