/** kill -9 of a worker that has a report in every phase: one run each, every file saved, nothing left upstream. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { aPlan, begin, createsOfReport, leftUpstream, progressOf, resultOf } from './helpers/reports';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, type World } from './helpers/world';

/** The call that is under way when the worker is killed: carried out upstream, its answer never read. */
const MOMENTS: { phase: string; op: FaultRule['op'] }[] = [
  { phase: 'uploading', op: 'file_create' },
  { phase: 'indexing', op: 'vector_store_create' },
  { phase: 'indexing', op: 'container_create' },
  { phase: 'running', op: 'retrieve' },
  { phase: 'collecting', op: 'container_file_content' },
  { phase: 'cleaning', op: 'file_delete' },
];

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

test('given a worker that is killed with reports in six phases -> then one run each, and nothing left upstream', async () => {
  const handles = await Promise.all(MOMENTS.map(() => begin(world, aPlan())));
  // Each rule holds the first report that comes to it.
  world.emulator.setFaults(MOMENTS.map(({ op }) => ({ op, times: 1, do: { kind: 'hang', accept: true, ms: 60_000 } })));
  const killed = await startWorkerProcess(world);
  const fired = () => world.emulator.faultsFired();
  await expect.poll(fired, { timeout: 60_000, interval: 20 }).toEqual(MOMENTS.map(() => 1));
  const phases = await Promise.all(handles.map(async (handle) => (await progressOf(handle)).phase));
  expect(phases.sort()).toEqual(MOMENTS.map(({ phase }) => phase).sort());
  await killed.kill();
  world.emulator.setFaults([]);
  const worker = await startWorkerProcess(world);
  try {
    for (const handle of handles) {
      expect(await resultOf(handle)).toMatchObject({ status: 'completed', missing: [], notCleaned: [] });
      expect(createsOfReport(world, handle.workflowId)).toHaveLength(1);
    }
  } finally {
    await worker.stop();
  }
  expect(leftUpstream(world.emulator)).toEqual([]);
}, 120_000);
