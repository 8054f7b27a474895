/** kill -9 of the worker in every phase of a report: one run, every file saved, nothing left upstream. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { aPlan, begin, createsOfReport, leftUpstream, resultOf } from './helpers/reports';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

/** The call that is under way when the worker is killed: carried out upstream, its answer never read. */
const MOMENTS: { phase: string; op: FaultRule['op'] }[] = [
  { phase: 'uploading', op: 'file_create' },
  { phase: 'indexing', op: 'vector_store_create' },
  { phase: 'making the container', op: 'container_create' },
  { phase: 'running', op: 'retrieve' },
  { phase: 'collecting', op: 'container_file_content' },
  { phase: 'cleaning', op: 'file_delete' },
];

test.each(MOMENTS)(
  'given a worker that is killed while $phase -> then one run, nothing left upstream',
  async ({ op }) => {
    const handle = await begin(world, aPlan());
    world.emulator.setFaults([{ op, times: 1, do: { kind: 'hang', accept: true, ms: 60_000 } }]);
    const killed = await startWorkerProcess(world);
    await expect.poll(() => world.emulator.faultsFired(), { timeout: 30_000, interval: 20 }).toEqual([1]);
    await killed.kill();
    world.emulator.setFaults([]);
    const worker = await startWorkerProcess(world);
    try {
      expect(await resultOf(handle)).toMatchObject({ status: 'completed', missing: [], notCleaned: [] });
    } finally {
      await worker.stop();
    }
    expect(createsOfReport(world, handle.workflowId)).toHaveLength(1);
    expect(leftUpstream(world.emulator)).toEqual([]);
  },
);
