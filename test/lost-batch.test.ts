/** Batches whose workflow was terminated or failed: what was written down is told, and what may still run is named. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../src/activities';
import type { DurableResponses } from '../src/client';
import { TaskEndedError, UsageError } from '../src/client';
import type { BatchItem, BatchRecord } from '../src/contracts';
import { folderStore } from '../src/store';
import { connectTo } from './helpers/clients';
import { eventually } from './helpers/embedded';
import { devServerWorld, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
let client: DurableResponses;
beforeAll(async () => {
  world = await devServerWorld();
  client = await connectTo(world);
});
afterAll(async () => {
  await client.close();
  await world.close();
});

const options = { pollIntervalsSeconds: [0.2] };

const item = (id: string, seconds: string): BatchItem => {
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: seconds };
  return { id, task: { request: { model: 'o3', input: `Prompt ${id}`, metadata } } };
};

/** One that ends, more that run for ever than the window has room for, and a second page. */
const ITEMS = [item('quick', '0'), ...['s1', 's2', 's3', 's4', 's5', 'p1', 'p2'].map((id) => item(id, '600'))];

const createsOf = (id: string) =>
  world.emulator.ledger().creates.filter(({ metadata }) => metadata.task_id?.startsWith(`${id}/`));

const terminate = (id: string) => client.temporal.workflow.getHandle(id).terminate('by hand');

/** Starts it, two tasks at once and pages of six, and waits until the quick one has made room. */
async function begun(): Promise<string> {
  const id = uniqueId('batch');
  await world.startBatch({ items: ITEMS, options, concurrency: 2 }, id, 6);
  await eventually('three are created', () => createsOf(id).length === 3);
  return id;
}

const told = (records: BatchRecord[] | null) => (records ?? []).map(({ status, error }) => error?.code ?? status);

test('terminated, and a worker is there -> what ended is kept, what ran is cancelled upstream, the rest never started', async () => {
  await world.withWorker(async () => {
    const id = await begun();
    await expect(client.lostBatchResult(id)).rejects.toThrow(UsageError);
    await terminate(id);
    await expect(client.batchResult(id)).rejects.toThrow(TaskEndedError);
    const { records, ...result } = await client.lostBatchResult(id);
    expect(result).toMatchObject({
      status: 'lost',
      reason: 'terminated (by hand)',
      total: 8,
      counts: { completed: 1, cancelled: 7 },
      notStarted: 5,
      lostPages: [],
      openPages: 0,
      usage: { o3: { responses: 3 } },
    });
    expect(told(records)).toEqual(['completed', 'cancelled', 'cancelled', ...Array<string>(5).fill('not_started')]);
    expect(records?.[0]?.result).toContain('Prompt quick');
    const own = createsOf(id).map((create) => create.id);
    expect((await stillRunning(world.emulator)).filter((one) => own.includes(one))).toEqual([]);
    // Those that were not started can be tried again.
    const again = await client.retryBatch(id);
    await terminate(again.id);
    expect(await client.lostBatchResult(again.id, { records: false })).toMatchObject({ total: 7, retryOf: id });
  });
});

test('its page was terminated, too -> its items are unknown, each with its task', async () => {
  await world.withWorker(async () => {
    const id = await begun();
    await terminate(`${id}/page/0001`);
    await eventually('the second page has begun', () => createsOf(id).length === 5);
    await terminate(id);
    const { records, counts, lostPages } = await client.lostBatchResult(id);
    expect({ counts, lostPages }).toEqual({ counts: { unknown: 6, cancelled: 2 }, lostPages: [0] });
    expect(told(records)).toEqual([...Array<string>(6).fill('batch_lost'), 'cancelled', 'cancelled']);
    for (const record of records?.slice(0, 6) ?? []) {
      expect(record.workflowId).toBe(`${id}/${record.id}`);
      expect(record.error?.message).toContain(`task status ${id}/${record.id}`);
    }
  });
});

test('no worker is there -> what may still run is unknown, and its page is told to be open', async () => {
  const id = await world.withWorker(begun);
  await terminate(id);
  const { records, ...result } = await client.lostBatchResult(id);
  expect(result).toMatchObject({ counts: { unknown: 6, cancelled: 2 }, notStarted: 2, lostPages: [0], openPages: 1 });
  const running = (await stillRunning(world.emulator)).filter((one) => createsOf(id).some((made) => made.id === one));
  expect(running).toHaveLength(2);
  const unknown = (records ?? []).filter(({ status }) => status === 'unknown').map(({ workflowId }) => workflowId);
  for (const { metadata } of createsOf(id)) expect(unknown).toContain(metadata.task_id);
  // Its page goes on with the next worker.
  await world.withWorker(async () => {
    expect((await client.lostBatchResult(id)).counts).toEqual({ completed: 1, cancelled: 7 });
  });
});

test('failed since the worker sees another store -> nothing was started, and it says why', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'durable-responses-store-'));
  const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
  const blind = createActivities({ openai, store: folderStore(elsewhere) });
  await world.withWorker(async () => {
    const id = uniqueId('batch');
    await world.startBatch({ items: ITEMS, options }, id);
    await expect(client.batchResult(id)).rejects.toThrow(TaskEndedError);
    const result = await client.lostBatchResult(id);
    expect(result).toMatchObject({ counts: { cancelled: 8 }, notStarted: 8, lostPages: [] });
    expect(result.reason).toContain('need the same DURABLE_RESPONSES_STORE');
    expect(createsOf(id)).toEqual([]);
  }, blind);
  rmSync(elsewhere, { recursive: true });
});
