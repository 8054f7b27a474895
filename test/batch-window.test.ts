/** The window of a batch over several pages: each limit of a budget counts alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchPlan, BatchResult, BatchState } from '../src/contracts';
import { batchStateQuery } from '../src/workflows/batch-messages';
import { costly, heavy, PRICES, twoLimits } from './helpers/batches';
import { keepingWorker } from './helpers/kept-worker';
import { QUICK } from './helpers/recordings-batches';
import { until } from './helpers/watched';
import { devServerWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await devServerWorld());
});
afterAll(() => world.close());

const begin = (plan: BatchPlan) => world.startBatch({ options: QUICK, ...plan }, uniqueId('batch'));

const played = async (plan: BatchPlan) => (await (await begin(plan)).result()) as BatchResult;

test('given tokens and then costs, neither of which reaches its limit -> then all items end', async () => {
  const { status, counts, costUsd } = await world.withWorker(() => played(twoLimits(18)));
  expect({ status, counts }).toEqual({ status: 'completed', counts: { completed: 28 } });
  expect(costUsd).toBeCloseTo(0.91);
});

test('given tokens and then costs that do reach their limit -> then it is stopped there, and not before', async () => {
  const { status, costUsd, notStarted } = await world.withWorker(() => played(twoLimits(30)));
  expect(status).toBe('stopped');
  expect(costUsd).toBeGreaterThanOrEqual(1);
  // The one that reached it, and the one that ran beside it.
  expect(costUsd).toBeLessThan(1 + 2 * 0.05);
  expect(notStarted).toBeGreaterThan(0);
});

test('given costs that grow while tokens are nearer to their limit -> then the batch is told of each step', async () => {
  await world.withWorker(async () => {
    // Of so many it is told of every fourth anyway.
    const rest = Array.from({ length: 400 }, (_, i) => costly(`rest${i}`, '600'));
    const budget = { maxTokens: 20_000, maxCostUsd: 2, prices: PRICES };
    const handle = await begin({ items: [heavy('first'), costly('second'), ...rest], concurrency: 1, budget });
    await until(async () => {
      const { open }: BatchState = await handle.query(batchStateQuery);
      return open[0]?.tally.counts.completed === 2;
    });
    await handle.signal('cancelBatch');
    await handle.result();
  });
});
