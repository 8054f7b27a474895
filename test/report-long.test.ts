/** A report whose run takes hours, over a clock that skips: its container would have expired long before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replaying } from './helpers/cache';
import { aPlan, begin, leftUpstream, resultOf } from './helpers/reports';
import { skippingWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await skippingWorld();
});
afterAll(() => world.close());

const plan = (runHours: number, maxWaitHours: number) => {
  const [table] = aPlan().sources;
  return aPlan({
    // Without a vector store: this server's clock stands still while an activity waits.
    sources: table ? [table] : [],
    // The run itself does not keep its container alive.
    metadata: { emulator_run_seconds: String(runHours * 3600), emulator_idle_container: 'true' },
    options: { pollIntervalsSeconds: [60], inlineWaitSeconds: 0, maxWaitSeconds: maxWaitHours * 3600 },
  });
};

test(
  'given a run of five hours -> then its container is kept, and every file is saved',
  async () => {
    const result = await world.withWorker(async () => resultOf(await begin(world, plan(5, 6))));
    expect(result).toMatchObject({ status: 'completed', missing: [], notCleaned: [] });
    expect(result.artifacts.length).toBeGreaterThanOrEqual(2);
    expect(leftUpstream(world.emulator)).toEqual([]);
  },
  replaying(90_000),
);

test('given a run that is longer than maxWaitSeconds -> then timed out, cancelled upstream, nothing left', async () => {
  const result = await world.withWorker(async () => resultOf(await begin(world, plan(3, 1))));
  expect(result).toMatchObject({ status: 'timed_out', artifacts: [], error: { code: 'max_wait_seconds' } });
  expect(Object.values(await world.emulator.statuses())).toContain('cancelled');
  expect(leftUpstream(world.emulator)).toEqual([]);
});
