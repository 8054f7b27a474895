/** Waiting for what has ended: no worker is needed for it any more, and a slow store is no missing worker. */
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { waitFor, type Display } from '../src/cli/wait';
import { watch } from '../src/cli/watch';
import type { DurableResponses } from '../src/client';
import type { TailEvent } from '../src/contracts';
import type { BlobStore } from '../src/store';
import { connectTo } from './helpers/clients';
import { devServerWorld, uniqueId, type World } from './helpers/world';

let world: World;
/** Its store gives nothing before `isSlow` is over. */
let client: DurableResponses;
let task: string;
let batch: string;

let isSlow: Promise<void>;
let giveOut: () => void;
let asked: () => void;
/** Somebody waits for the store. */
let isAsked: Promise<void>;

beforeEach(() => {
  isSlow = new Promise((resolve) => (giveOut = resolve));
  isAsked = new Promise((resolve) => (asked = resolve));
});

const slow = (store: BlobStore): BlobStore => ({
  ...store,
  get: async (...which) => {
    asked();
    await isSlow;
    return store.get(...which);
  },
});

/** More than a workflow carries, so it lies in the store. */
const request = {
  model: 'o3',
  input: 'Why?',
  metadata: { emulator_run_seconds: '0', emulator_output_bytes: '300000' },
};

/** What ended with a worker that is gone. */
beforeAll(async () => {
  world = await devServerWorld();
  client = await connectTo(world, { store: slow(world.blobs) });
  [task, batch] = [uniqueId('task'), uniqueId('batch')];
  await world.withWorker(async () => {
    const started = await world.start({ request, options: { pollIntervalsSeconds: [0.2] } }, task);
    const other = await world.startBatch({ items: [{ id: 'a', task: { request } }] }, batch);
    await Promise.all([started.result(), other.result()]);
  });
});

afterAll(async () => {
  await client.close();
  await world.close();
});

const quiet: Display = { show: () => undefined, end: () => undefined };

/** The store answers when a look has found no worker and no time is left to wait for one. */
async function slowly<T>(wait: (how: { noWorkerMs: number; display: Display }) => Promise<T>): Promise<T> {
  const status = client.status.bind(client);
  const looked = new Promise<void>((resolve) => {
    client.status = (id) => status(id).finally(() => setImmediate(resolve));
  });
  const waiting = wait({ noWorkerMs: 0, display: quiet });
  await Promise.race([Promise.all([looked, isAsked]), waiting]);
  giveOut();
  return waiting;
}

it('given a task that has ended, and a slow store -> then its answer, and not that no worker is there', async () => {
  const { status, outputText } = await slowly((how) =>
    waitFor(client, task, (signal) => client.result(task, { signal }), how),
  );
  expect([status, outputText?.length]).toEqual(['completed', 300_000]);
});

it('given a batch that has ended, and a slow store -> then its records', async () => {
  const { records } = await slowly((how) =>
    waitFor(client, batch, (signal) => client.batchResult(batch, { signal }), how),
  );
  expect(records?.map(({ id, result }) => [id, result?.length])).toEqual([['a', 300_000]]);
});

it('given a task that is watched after its end, and a slow store -> then its text, and the end', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const watching = watch(client, task, { json: true, noWorkerMs: 0 });
  await Promise.race([isAsked, watching]);
  giveOut();
  expect(await watching).toBe(0);
  const events = written.mock.calls.map(([line]) => JSON.parse(String(line)) as TailEvent);
  written.mockRestore();
  expect(events.map(({ kind }) => kind)).toEqual(['text', 'end']);
});

it('given a task that runs, and no worker -> then it is said that none is there', async () => {
  const { workflowId } = await world.start({ request });
  const none = `${workflowId} is started and waits: no worker answers on its task queue.`;
  const how = { noWorkerMs: 0, display: quiet };
  const waiting = waitFor(client, workflowId, (signal) => client.result(workflowId, { signal }), how);
  await expect(waiting).rejects.toThrow(none);
  await expect(watch(client, workflowId, { noWorkerMs: 500 })).rejects.toThrow(none);
});
