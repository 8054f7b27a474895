/** `storage gc`: what it deletes, and above all what it never does; with every clock set by the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { collectStorage } from '../src/client/garbage';
import type { DurableResponses } from '../src/client';
import { UsageError } from '../src/client';
import { folderStore, type BlobStore } from '../src/store';
import { collectGarbage, type KnownRun } from '../src/store/garbage';
import { batchFolder, payloadsFolder, reportFolder, taskFolder, unitOf } from '../src/store/places';
import { connectTo } from './helpers/clients';
import { devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-15T12:00:00Z');
const OLD = NOW - 10 * DAY;

let folder: string;
let store: BlobStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-responses-garbage-'));
  store = folderStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A blob that was written at that time. */
async function blob(key: string, writtenMs = OLD): Promise<string> {
  await store.put(key, 'x'.repeat(100));
  await utimes(join(folder, key), writtenMs / 1000, writtenMs / 1000);
  return key;
}

const run = (workflowId: string, startedMs: number, closedMs: number | null = null): KnownRun => ({
  workflowId,
  startedMs,
  closedMs,
  keepsToItself: false,
});

const collect = (runs: KnownRun[], more: { remove?: boolean; namespace?: string } = {}) =>
  collectGarbage(store, { namespace: 'default', runs, nowMs: NOW, youngestMs: NOW - 2 * DAY, remove: true, ...more });

async function left(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const LONG_ID = `x${'/:y'.repeat(60)}`;
const batch = (id = 'nightly') => `${batchFolder('default', id, 'abc')}/manifest.json`;
const payload = (id = 'nightly') => `${payloadsFolder('default', id)}/aa-1`;
const KEYS: [string, string][] = [
  ['a batch', batch()],
  ['a report', `${reportFolder('default', 'nightly', 'abc')}/sources/000`],
  ['a request', `${taskFolder('default', 'nightly', 'abc')}/input/00000.jsonl`],
  ['a payload', payload()],
  ['a batch of before namespaces', 'batches/nightly~abc/manifest.json'],
];

describe.each(KEYS)('%s', (_what, key) => {
  test.each<[string, KnownRun[], number | undefined]>([
    ['its run is open, and older', [run('nightly', OLD - 20 * DAY)], undefined],
    ['its run is open, and younger (a reset)', [run('nightly', NOW - 60_000)], undefined],
    ['its run is closed and kept', [run('nightly', NOW - 3 * DAY, NOW - 2.9 * DAY)], undefined],
    ['a task below it is kept', [run('nightly/item/1', NOW - 60_000)], undefined],
    ['another run was open when it was written', [run('parent', OLD - DAY)], undefined],
    ['another run, closed and kept, was', [run('parent', OLD - DAY, OLD + DAY)], undefined],
    ['another run began in the same minute', [run('parent', OLD + 60_000, OLD + 120_000)], undefined],
    ['it is young, and nobody knows it', [], NOW - 2 * DAY + 1000],
    ['it is of tomorrow: a clock is wrong', [], NOW + DAY],
  ])('given that %s -> then it is kept', async (_why, runs, writtenMs) => {
    await blob(key, writtenMs);
    const report = await collect(runs);
    expect([report.garbage, (await left()).length]).toEqual([[], 1]);
    expect(report.kept).toEqual({ units: 1, blobs: 1, sizeBytes: 100 });
  });

  test('given that nobody knows it, and others run that began later -> then it is deleted; a look changes nothing', async () => {
    await blob(key);
    const runs = [run('nightly2', OLD + DAY), run('other', OLD + 2 * DAY, OLD + 3 * DAY), run('x', 0, OLD - DAY)];
    const looked = await collect(runs, { remove: false });
    expect(await left()).toHaveLength(1);
    const report = await collect(runs);
    expect(report.garbage).toEqual(looked.garbage);
    expect(report.garbage).toMatchObject([{ blobs: 1, sizeBytes: 100, writtenAt: new Date(OLD).toISOString() }]);
    // The folders that it was in are gone too.
    expect(await readdir(folder)).toEqual([]);
  });
});

test('given a folder with one young blob -> then all of it is kept', async () => {
  await blob(batch());
  await blob(`${batchFolder('default', 'nightly', 'abc')}/answers/0001`, NOW - DAY);
  expect((await collect([])).garbage).toEqual([]);
});

test('given the gate, which is always open -> then only its own payloads are kept for it', async () => {
  await blob(payload('gate'));
  await blob(payload('task'));
  const gate = { ...run('gate', OLD - DAY), keepsToItself: true };
  expect((await collect([gate])).garbage.map((one) => one.folder)).toEqual(['payloads/default/task']);
});

test('given another namespace, or files of somebody else -> then they are left alone', async () => {
  await blob(`${batchFolder('other', 'nightly', 'abc')}/manifest.json`);
  await blob('notes/readme.txt');
  await blob('batches/readme.txt');
  const report = await collect([]);
  expect([report.garbage, report.kept.units, (await left()).length]).toEqual([[], 0, 3]);
  expect((await collect([], { namespace: 'other' })).garbage).toHaveLength(1);
});

test('given a blob that is written while others are deleted -> then it stays', async () => {
  const key = await blob(payload());
  const late = `${payloadsFolder('default', 'nightly')}/bb-2`;
  const remove: BlobStore['remove'] = async (keys) => {
    await store.put(late, 'new');
    return store.remove(keys);
  };
  await collectGarbage(
    { ...store, remove },
    { namespace: 'default', runs: [], nowMs: NOW, youngestMs: NOW - DAY, remove: true },
  );
  expect(String(await store.get(late))).toBe('new');
  await expect(store.get(key)).rejects.toThrow('There is no');
});

test.each(['a', 'a.b', 'a/b:c', '..', '.hidden', LONG_ID, 'ünï', `${'x'.repeat(300)}`])(
  'given the id %s -> then one folder, whose owner is found again',
  (id) => {
    for (const of of [batchFolder, taskFolder]) {
      const path = of('a~b/c', id, 'r');
      expect(path).toMatch(/^[a-z]+\/[A-Za-z0-9._-]{1,120}\/[A-Za-z0-9._~-]{1,130}$/);
      expect(unitOf(`${path}/x`, 'a~b/c')?.folder).toBe(path);
      expect(unitOf(`${path}/x`, 'a~b/c')?.owner).toBe(unitOf(`${payloadsFolder('a~b/c', id)}/x`, 'a~b/c')?.owner);
    }
  },
);

describe('with a server', () => {
  let world: World;
  let client: DurableResponses;
  const encryption = { keys: [{ id: 'k1', key: randomBytes(32) }] };
  beforeAll(async () => {
    world = await devServerWorld({ encryption });
    client = await connectTo(world, { encryption });
  });
  afterAll(async () => {
    await client.close();
    await world.close();
  });

  /** Every blob looks as if it had been written then. */
  async function age(days: number): Promise<void> {
    for (const kind of ['tasks', 'batches', 'payloads'])
      for await (const { key } of world.blobs.entries(`${kind}/`)) {
        const time = (Date.now() - days * DAY) / 1000;
        await utimes(join(world.blobs.place, key), time, time);
      }
  }

  test('given runs that are open, retained and gone, in a year to come -> then only what is of the last is deleted', async () => {
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
    const task = (input: string, more: object = metadata) => ({
      request: { model: 'o3', input, metadata: more as typeof metadata },
    });
    const long = 'x'.repeat(300_000);
    const worker = keepWorking(world);
    const open = await client.startTask(task(long, { emulator_scenario: 'slow' }), { id: uniqueId('open') });
    const kept = await client.startTask(task(long), { id: uniqueId('kept') });
    const gone = await client.startTask(task(long), { id: uniqueId('gone') });
    const done = await client.startBatch({ items: [{ id: 'one', task: task('Why?') }] }, { id: uniqueId('batch') });
    await Promise.all([client.result(kept.id), client.result(gone.id), client.batchResult(done.id)]);
    const execution = { workflowId: gone.id, runId: gone.runId };
    await client.temporal.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: execution,
    });
    const known = async () => (await client.list()).map(({ id }) => id);
    while ((await known()).includes(gone.id)) await new Promise((resolve) => setTimeout(resolve, 100));
    await age(365);
    // Its request, and its answer, which the emulator makes of the request.
    const looked = await client.collectGarbage({ dryRun: true });
    const report = await client.collectGarbage();
    expect(report).toEqual({ ...looked, deleted: true });
    const ofGone = `tasks/default/${gone.id}`;
    expect(report.garbage.map(({ folder: one }) => one.split('~')[0])).toEqual([ofGone, ofGone]);
    // Those that are kept can still be read, and go on.
    expect((await client.batchResult(done.id)).records).toHaveLength(1);
    await client.cancel(open.id);
    expect(await client.result(open.id)).toMatchObject({ status: 'cancelled', creates: 1 });
    await worker.stop();
  });

  test('given less than the retention and a day -> then it is refused; by the clock of that day nothing is old', async () => {
    await expect(client.collectGarbage({ olderThanDays: 1 })).rejects.toThrow(UsageError);
    await expect(client.collectGarbage({ olderThanDays: NaN })).rejects.toThrow(UsageError);
    await age(1.9);
    expect((await collectStorage(client.temporal, world.blobs, {})).garbage).toEqual([]);
  });
});
