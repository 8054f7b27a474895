/** Batches on the dev server: window, order, isolation, cancel, progress. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchInput, BatchItem, BatchProgress, BatchResult, TaskOptions } from '../src/contracts';
import { BATCH_WORKFLOW, DEFAULT_TASK_QUEUE, SEARCH_ATTRIBUTES } from '../src/names';
import { devServerWorld, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
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
const refused: BatchItem = { id: 'refused', task: { request: { ...requestOf('refused'), max_output_tokens: 1 } } };

function start(input: BatchInput, id = uniqueId('batch')) {
  return world.client.workflow.start(BATCH_WORKFLOW, { taskQueue: DEFAULT_TASK_QUEUE, workflowId: id, args: [input] });
}

test('items of every fate -> one record each, in input order, each with its own answer', async () => {
  const items: BatchItem[] = [
    item('good-1'),
    item('fails', { emulator_scenario: 'failed' }),
    { id: 'bad-line', problem: { line: 3, field: 'input', message: 'is empty' } },
    refused,
    item('good-2'),
  ];
  const result = await world.withWorker(async () => (await (await start({ items, options })).result()) as BatchResult);
  expect(result.records.map(({ index, id, status }) => [index, id, status])).toEqual([
    [0, 'good-1', 'completed'],
    [1, 'fails', 'failed'],
    [2, 'bad-line', 'rejected'],
    [3, 'refused', 'rejected'],
    [4, 'good-2', 'completed'],
  ]);
  expect(result.records[0]?.result).toContain('"Prompt good-1"');
  expect(result.records[4]?.result).toContain('"Prompt good-2"');
  expect(result.records[2]?.error?.message).toBe('line 3, input: is empty');
  expect(result.records[3]?.error?.code).toBe('integer_below_min_value');
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
      seen.push(await handle.query<BatchProgress>('batchProgress'));
      await sleep(50);
    }
    return { progress: seen, result: await done };
  });
  expect(Math.max(...progress.map(({ running }) => running.length))).toBe(3);
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
    await sleep(1_500);
    await world.client.workflow.getHandle(`${handle.workflowId}/terminated`).terminate('by hand');
    await world.client.workflow.getHandle(`${handle.workflowId}/cancelled`).cancel();
    return (await handle.result()) as BatchResult;
  });
  expect(result.records.map(({ status }) => status)).toEqual(['completed', 'unknown', 'cancelled']);
  expect(result.records[1]?.error?.message).toContain(`${result.batchId}/terminated`);
});

test.each(['signal', 'Temporal'])(
  'cancel by %s with tasks running and waiting -> nothing more starts, all cancelled, finished ones kept',
  async (way) => {
    const slow = (id: string) => item(id, { emulator_run_seconds: '600' });
    const items = [item('quick'), slow('s1'), slow('s2'), slow('s3'), slow('s4')];
    const { result, createsAtCancel, execution } = await world.withWorker(async () => {
      const handle = await start({ items, options, concurrency: 3 });
      await sleep(2_500);
      const creates = world.emulator.ledger().creates.length;
      if (way === 'signal') await handle.signal('cancelBatch', 'enough');
      else await handle.cancel();
      await handle.result().catch(() => undefined);
      const ended = await handle.query<BatchResult>('batchResult');
      return { result: ended, createsAtCancel: creates, execution: (await handle.describe()).status.name };
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

test('answers too large to travel together -> left upstream and named', async () => {
  const items = [item('large', { emulator_output_bytes: '700000' }), item('small')];
  const result = await world.withWorker(async () => (await (await start({ items, options })).result()) as BatchResult);
  expect(result.records.map(({ resultOmitted, status }) => [status, resultOmitted])).toEqual([
    ['completed', true],
    ['completed', false],
  ]);
});

test('search attributes at the start of a batch -> its tasks are found by batch and by status', async () => {
  const id = uniqueId('batch');
  const found = await world.withWorker(async () => {
    const handle = await world.client.workflow.start(BATCH_WORKFLOW, {
      taskQueue: DEFAULT_TASK_QUEUE,
      workflowId: id,
      args: [{ items: [item('a'), item('b', { emulator_scenario: 'failed' })], options }],
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.BatchId, value: id }],
    });
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
