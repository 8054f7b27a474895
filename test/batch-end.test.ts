/** The end of a batch: what its result says of items that were lost or never begun, and when its records cannot be read. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createBatchActivities } from '../src/activities/batch';
import { startBatch } from '../src/client/batch';
import type { BatchResult, TaskOutcome } from '../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../src/names';
import { encryptedBlobs } from '../src/security/data-converter';
import { batchFolder, batchKeys, folderStore, type BlobStore } from '../src/store';
import { createsIn, itemOf } from './helpers/batches';
import { keepingWorker } from './helpers/kept-worker';
import { QUICK } from './helpers/recordings-batches';
import { until } from './helpers/watched';
import { devServerWorld, skippingWorld, uniqueId, type World } from './helpers/world';

describe('on a server', () => {
  let world: World;
  beforeAll(async () => {
    world = keepingWorker(await devServerWorld());
  });
  afterAll(() => world.close());

  test('given a page that was lost and then a cancel -> then what never began is cancelled, as its records say', async () => {
    await world.withWorker(async () => {
      const items = Array.from({ length: 18 }, (_, i) => itemOf(`i${i}`, { runSeconds: '600' }));
      const handle = await world.startBatch({ items, options: QUICK, concurrency: 4 }, uniqueId('batch'), 6);
      const id = handle.workflowId;
      await until(() => createsIn(world, id).length === 4);
      await world.client.workflow.getHandle(`${id}/page/0001`).terminate('by hand');
      await until(() => createsIn(world, id).length === 8);
      await handle.signal('cancelBatch', 'enough');
      const { counts, notStarted, lostPages } = (await handle.result()) as BatchResult;
      expect({ counts, notStarted, lostPages }).toEqual({
        counts: { unknown: 6, cancelled: 12 },
        notStarted: 8,
        lostPages: [0],
      });
      const listed: Partial<Record<TaskOutcome, number>> = {};
      for (const { status } of await world.recordsOf(id)) listed[status] = (listed[status] ?? 0) + 1;
      expect(listed).toEqual(counts);
    });
  });
});

test('given a manifest that is gone at the end -> then the batch ends, without records in its result', async () => {
  // The attempts take a quarter of a minute of its time.
  const world = await skippingWorld();
  const context = { client: world.client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: false, store: world.store };
  try {
    await world.withWorker(async () => {
      const plan = { items: [itemOf('one', { runSeconds: '60' })], options: { inlineWaitSeconds: 0 } };
      const { id } = await startBatch(context, plan, { id: uniqueId('batch'), random: 'test' });
      await world.store.remove([batchKeys.manifest(batchFolder('default', id, 'test'))]);
      const result: unknown = await world.client.workflow.getHandle(id).result();
      expect(result).toMatchObject({ status: 'completed', counts: { completed: 1 }, records: null });
    });
  } finally {
    await world.close();
  }
});

describe('reading the records for the result', () => {
  let path: string;
  beforeEach(() => void (path = mkdtempSync(join(tmpdir(), 'durable-responses-store-'))));
  afterEach(() => {
    rmSync(path, { recursive: true });
    vi.useRealTimers();
  });

  const keyed = (id: string) => encryptedBlobs(folderStore(path), { keys: [{ id, key: Buffer.alloc(32, id) }] });
  const put = (store: BlobStore, text: string) => store.put(batchKeys.manifest('f'), text);

  const exchanged = async () => {
    await keyed('a').put('other', '{}');
    await folderStore(path).put(batchKeys.manifest('f'), await folderStore(path).get('other'));
    return keyed('a');
  };

  const readFew = (store: BlobStore, attempt: number): Promise<unknown> =>
    new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run(() =>
      createBatchActivities({ store }).readFew({ folder: 'f' }),
    );

  test.each<[string, () => BlobStore | Promise<BlobStore>]>([
    ['is gone', () => folderStore(path)],
    ['was cut', () => put(folderStore(path), '{"pages":').then(() => folderStore(path))],
    ['was exchanged', exchanged],
    ['needs a key that is missing', () => put(keyed('a'), '{}').then(() => keyed('b'))],
    [
      'is in a store that is away',
      () => {
        writeFileSync(join(path, 'file'), '');
        return folderStore(join(path, 'file'));
      },
    ],
  ])('given a blob that %s -> then it is tried again, and at last left out', async (_what, make) => {
    const store = await make();
    await expect(readFew(store, 4)).rejects.toThrow();
    expect(await readFew(store, 5)).toBeNull();
  });

  test('given a store that does not answer -> then the same, each time within the limit of an attempt', async () => {
    vi.useFakeTimers();
    const silent: BlobStore = { ...folderStore(path), get: () => new Promise(() => undefined) };
    const [fourth, fifth] = [4, 5].map((attempt) => readFew(silent, attempt));
    const failed = expect(fourth).rejects.toThrow(/within 30 s/);
    await vi.advanceTimersByTimeAsync(30_000);
    await failed;
    expect(await fifth).toBeNull();
  });
});
