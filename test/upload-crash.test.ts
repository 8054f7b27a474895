/** kill -9 of a worker around runs: while a file is uploaded, and while one is deleted at the end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './helpers/embedded';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

test('given a worker that is killed during an upload and a deletion -> then the next one takes both up as soon as the first is missed', async () => {
  const { path, remove } = await temporaryFolder();
  const file = join(path, 'data.csv');
  await writeFile(file, 'a,b\n1,2\n');
  // Each holds the first task that comes to it.
  const held = ['file_create', 'file_delete'] as const;
  world.emulator.setFaults(held.map((op) => ({ op, times: 1, do: { kind: 'hang', ms: 60_000 } })));
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0.5' };
  const options = { files: [{ path: file }], pollIntervalsSeconds: [0.5] };
  const killed = await startWorkerProcess(world);
  const task = { request: { model: 'o3', input: 'Read it.', metadata }, options };
  const handles = await Promise.all(held.map(() => world.start(task)));
  await expect.poll(() => world.emulator.faultsFired(), { timeout: 30_000, interval: 20 }).toEqual([1, 1]);
  await killed.kill();
  const worker = await startWorkerProcess(world);
  try {
    const { connection } = world.client;
    for (const handle of handles) {
      const ended: unknown = await connection.withDeadline(Date.now() + 25_000, () => handle.result());
      expect(ended).toMatchObject({ status: 'completed', notCleaned: [] });
    }
    expect(world.emulator.liveFiles()).toEqual([]);
  } finally {
    await worker.stop();
    await remove();
  }
});
