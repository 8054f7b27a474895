/** Batches of several pages: the window over their boundaries, changes while they run, and pages that are lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestOfBatch } from '../src/client/ask';
import { readBatchProgress } from '../src/client/read-batch';
import type { BatchItem, BatchPlan, BatchResult, TaskOptions } from '../src/contracts';
import { pageWorkflowId } from '../src/names';
import { createsIn, slotsTold } from './helpers/batches';
import { keepingWorker } from './helpers/kept-worker';
import { createsOf, devServerWorld, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await devServerWorld());
});
afterAll(() => world.close());

const options = { pollIntervalsSeconds: [0.2] };

const item = (id: string, metadata: Record<string, string> = {}, own: TaskOptions = {}): BatchItem => ({
  id,
  task: {
    request: {
      model: 'o3',
      input: `Prompt of ${id}`,
      metadata: { emulator_run_seconds: '0.4', emulator_queued_seconds: '0.1', ...metadata },
    },
    options: own,
  },
});

const items = (count: number, metadata?: Record<string, string>): BatchItem[] =>
  Array.from({ length: count }, (_, i) => item(`i${i}`, metadata));

const createsOfBatch = (id: string) => createsIn(world, id);

async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 20_000, interval: 50 }).toBe(true);
}

/** Starts a batch in pages of `itemsPerPage`. */
const begin = (plan: BatchPlan, itemsPerPage: number) => world.startBatch(plan, uniqueId('batch'), itemsPerPage);

const played = async (plan: BatchPlan, itemsPerPage: number) => {
  const handle = await begin(plan, itemsPerPage);
  const result = (await handle.result()) as BatchResult;
  return { id: handle.workflowId, result, records: await world.recordsOf(handle.workflowId) };
};

test.each([
  { concurrency: 4, itemsPerPage: 7 },
  { concurrency: 12, itemsPerPage: 5 },
])(
  '40 items, $concurrency at once, pages of $itemsPerPage -> each once, in order, with its own answer',
  async (sizes) => {
    const bad: BatchItem = { id: 'bad', problem: { line: 9, field: 'line', message: 'not valid JSON' } };
    const all = [...items(20), bad, ...items(20).map((one) => ({ ...one, id: `again-${one.id}` }))];
    const plan = { items: all, options, concurrency: sizes.concurrency };
    const { id, result, records } = await world.withWorker(() => played(plan, sizes.itemsPerPage));
    expect(result.counts).toEqual({ completed: 40, rejected: 1 });
    expect(records.map((record) => record.id)).toEqual(all.map((one) => one.id));
    expect(records.map(({ index }) => index)).toEqual(all.map((_, i) => i));
    for (const { id: itemId, result: text } of records.filter(({ status }) => status === 'completed'))
      expect(text).toContain(`Prompt of ${itemId.replace('again-', '')}`);
    expect(createsOfBatch(id)).toHaveLength(40);
    expect(result.usage.o3?.responses).toBe(40);
  },
);

test('a last page that ends before the one before it -> the free slots come to rest', async () => {
  const slow = ['3', '4', '5'].map((seconds) => item(`slow-${seconds}`, { emulator_run_seconds: seconds }));
  const plan = { items: [...slow, ...items(4)], options, concurrency: 6 };
  const { id, result } = await world.withWorker(() => played(plan, 5));
  expect(result.counts).toEqual({ completed: 7 });
  // Each of the slow ones gives one back, to nobody.
  expect(await slotsTold(world, id)).toBe(3);
  expect(await slotsTold(world, pageWorkflowId(id, 0))).toBe(0);
});

test('priorities over several pages -> all high ones first, then medium, then low; records in input order', async () => {
  const levels = ['low', 'high', 'medium'] as const;
  const all = Array.from({ length: 18 }, (_, i) => item(`p${i}`, {}, { priority: levels[i % 3] }));
  const { id, records } = await world.withWorker(() => played({ items: all, options, concurrency: 1 }, 4));
  const order = createsOfBatch(id).map(({ metadata }) => Number(metadata.task_id?.split('/p')[1]));
  const rank = (i: number) => [2, 0, 1][i % 3]! * 100 + i;
  expect(order).toEqual([...order].sort((a, b) => rank(a) - rank(b)));
  expect(records.map(({ index }) => index)).toEqual(all.map((_, i) => i));
});

test('paused, then resumed -> nothing starts between, running tasks go on, all end', async () => {
  await world.withWorker(async () => {
    const handle = await begin({ items: items(30), options, concurrency: 3 }, 6);
    const id = handle.workflowId;
    await eventually(() => createsOfBatch(id).length >= 5);
    expect(await requestOfBatch(world.client, id, { paused: true })).toMatchObject({ paused: true });
    await eventually(async () => (await readBatchProgress(world.client, id)).running === 0);
    const paused = createsOfBatch(id).length;
    await sleep(1_500);
    expect(createsOfBatch(id)).toHaveLength(paused);
    expect(paused).toBeLessThan(30);
    await requestOfBatch(world.client, id, { paused: false });
    expect(((await handle.result()) as BatchResult).counts).toEqual({ completed: 30 });
  });
});

test('concurrency changed while it runs -> the window follows, up and down', async () => {
  await world.withWorker(async () => {
    const handle = await begin({ items: items(40, { emulator_run_seconds: '1' }), options, concurrency: 2 }, 5);
    const id = handle.workflowId;
    const running = async () => (await readBatchProgress(world.client, id)).running;
    await eventually(async () => (await running()) === 2);
    await requestOfBatch(world.client, id, { concurrency: 9 });
    await eventually(async () => (await running()) === 9);
    await requestOfBatch(world.client, id, { concurrency: 3 });
    await eventually(async () => (await running()) === 3);
    await expect(requestOfBatch(world.client, id, { concurrency: 0 })).rejects.toThrow(/from 1 to 500/);
    expect(((await handle.result()) as BatchResult).counts).toEqual({ completed: 40 });
    await expect(requestOfBatch(world.client, id, { concurrency: 3 })).rejects.toThrow(/has ended/);
  });
});

test('cancelled in the middle of several pages -> nothing more is created, all cancelled, each item has a record', async () => {
  await world.withWorker(async () => {
    const handle = await begin({ items: items(30, { emulator_run_seconds: '600' }), options, concurrency: 8 }, 5);
    const id = handle.workflowId;
    await eventually(() => createsOfBatch(id).length === 8);
    await handle.signal('cancelBatch', 'enough');
    const result = (await handle.result()) as BatchResult;
    expect(result).toMatchObject({ status: 'cancelled', reason: 'enough', counts: { cancelled: 30 }, notStarted: 22 });
    const records = await world.recordsOf(id);
    expect(records).toHaveLength(30);
    expect(records.filter(({ error }) => error?.code === 'not_started')).toHaveLength(22);
    expect(createsOfBatch(id)).toHaveLength(8);
    const own = records.map(({ responseId }) => responseId);
    expect((await stillRunning(world.emulator)).filter((one) => own.includes(one))).toEqual([]);
  });
});

test('maxTokens reached, then finish -> nothing more starts, running ones end, the result says so', async () => {
  const plan = { items: items(60), options, concurrency: 4, budget: { maxTokens: 300 } };
  const { result, records } = await world.withWorker(() => played(plan, 10));
  expect(result.status).toBe('stopped');
  expect(result.reason).toContain('maxTokens 300');
  const { completed = 0, cancelled = 0 } = result.counts;
  expect(completed + cancelled).toBe(60);
  const tokens = records.map(({ usage }) => usage?.total_tokens ?? 0);
  const total = tokens.reduce((sum, one) => sum + one, 0);
  expect(total).toBeGreaterThanOrEqual(300);
  // The item that reached it, and the three that ran then.
  expect(total - 4 * Math.max(...tokens)).toBeLessThan(300);
});

test('maxCostUsd reached, then cancel -> running ones are cancelled upstream', async () => {
  const prices = { asOf: '2026-11-01', models: { o3: { input: 1000, output: 1000 } } };
  const quick = items(5);
  const slow = Array.from({ length: 20 }, (_, i) => item(`slow${i}`, { emulator_run_seconds: '600' }));
  const budget = { maxCostUsd: 0.001, prices, whenReached: 'cancel' as const };
  const plan = { items: [...quick, ...slow], options, concurrency: 10, budget };
  const { id, result } = await world.withWorker(() => played(plan, 50));
  expect(result.status).toBe('stopped');
  expect(result.costUsd).toBeGreaterThanOrEqual(0.001);
  expect((await stillRunning(world.emulator)).filter((one) => createsOfBatch(id).some((c) => c.id === one))).toEqual(
    [],
  );
});

test('retryOn -> failed with server_error is created again, each counted; other failures are not', async () => {
  const failing = (id: string, code: string) =>
    item(id, { emulator_scenario: 'failed', emulator_error_code: code }, { retryOn: { times: 2 } });
  const plan = { items: [failing('again', 'server_error'), failing('once', 'invalid_prompt')], options };
  const { id, result, records } = await world.withWorker(() => played(plan, 50));
  expect(records.map(({ status, creates, retries }) => [status, creates, retries.length])).toEqual([
    ['failed', 3, 2],
    ['failed', 1, 0],
  ]);
  expect(result.retries).toBe(2);
  expect(createsOf(world.emulator, `${id}/again`)).toHaveLength(3);
  expect(createsOf(world.emulator, `${id}/once`)).toHaveLength(1);
});

test('a page that is terminated by hand -> its tasks are cancelled upstream, its items unknown, the rest runs', async () => {
  await world.withWorker(async () => {
    const slow = Array.from({ length: 6 }, (_, i) => item(`slow${i}`, { emulator_run_seconds: '600' }));
    const handle = await begin({ items: [...slow, ...items(12)], options, concurrency: 4 }, 6);
    const id = handle.workflowId;
    await eventually(() => createsOfBatch(id).length === 4);
    await world.client.workflow.getHandle(`${id}/page/0001`).terminate('by hand');
    const result = (await handle.result()) as BatchResult;
    expect(result).toMatchObject({ counts: { completed: 12, unknown: 6 }, lostPages: [0], status: 'completed' });
    const records = await world.recordsOf(id);
    expect(records.slice(0, 6).map(({ error }) => error?.code)).toEqual(Array(6).fill('page_lost'));
    const own = createsOfBatch(id).map((create) => create.id);
    await eventually(async () => (await stillRunning(world.emulator)).every((one) => !own.includes(one)));
  });
});
