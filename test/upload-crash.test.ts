/** kill -9 of a worker around runs: while a file is uploaded, and while one is deleted at the end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskResult } from '../src/contracts';
import { temporaryFolder } from './helpers/embedded';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

test('given a worker that is killed during an upload and a deletion -> then the next one takes both up as soon as the first is missed, and names the copy that may be there', async () => {
  const { path, remove } = await temporaryFolder();
  const file = join(path, 'data.csv');
  await writeFile(file, 'a,b\n1,2\n');
  // Each holds the first task that comes to it.
  const held = ['file_create', 'file_delete'] as const;
  const hang = { kind: 'hang' as const, ms: 60_000 };
  world.emulator.setFaults(held.map((op) => ({ op, times: 1, do: { ...hang, accept: op === 'file_create' } })));
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
    const ends = await Promise.all(
      handles.map((handle) =>
        connection.withDeadline(Date.now() + 25_000, () => handle.result() as Promise<TaskResult>),
      ),
    );
    expect(ends.map(({ status }) => status)).toEqual(['completed', 'completed']);
    // Of the upload nobody heard, so its copy is there: it is named.
    expect(ends.flatMap(({ notCleaned }) => notCleaned)).toEqual([expect.stringContaining('a copy of data.csv')]);
    expect(world.emulator.liveFiles()).toHaveLength(1);
  } finally {
    await worker.stop();
    await remove();
  }
});
