/** kill -9 of the worker around the run: while a file is uploaded, and while it is deleted at the end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './helpers/embedded';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

test.each(['file_create', 'file_delete'] as const)(
  'given a worker that is killed during %s -> then the next one takes it up as soon as the first is missed',
  async (op) => {
    const { path, remove } = await temporaryFolder();
    const file = join(path, 'data.csv');
    await writeFile(file, 'a,b\n1,2\n');
    world.emulator.setFaults([{ op, times: 1, do: { kind: 'hang', ms: 60_000 } }]);
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0.5' };
    const options = { files: [{ path: file }], pollIntervalsSeconds: [0.5] };
    const killed = await startWorkerProcess(world);
    const handle = await world.start({ request: { model: 'o3', input: 'Read it.', metadata }, options }, uniqueId(op));
    await expect.poll(() => world.emulator.faultsFired(), { timeout: 30_000, interval: 20 }).toEqual([1]);
    await killed.kill();
    const worker = await startWorkerProcess(world);
    try {
      const ended: unknown = await world.client.connection.withDeadline(Date.now() + 25_000, () => handle.result());
      expect(ended).toMatchObject({ status: 'completed', notCleaned: [] });
      expect(world.emulator.liveFiles()).toEqual([]);
    } finally {
      await worker.stop();
      await remove();
    }
  },
);
