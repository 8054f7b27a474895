/** The window of a batch over pages of every kind: no slot is lost, none waits, and each limit of a budget counts alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchPlan, BatchResult, BatchState } from '../src/contracts';
import { pageWorkflowId } from '../src/names';
import { batchStateQuery } from '../src/workflows/batch-messages';
import {
  badPage,
  costly,
  createsIn,
  heavy,
  heldSaves,
  itemOf,
  PRICES,
  sendLateSlot,
  threePages,
  twoLimits,
} from './helpers/batches';
import { keepingWorker } from './helpers/kept-worker';
import { QUICK } from './helpers/recordings-batches';
import { until } from './helpers/watched';
import { devServerWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await devServerWorld());
});
afterAll(() => world.close());

const begin = (plan: BatchPlan, itemsPerPage?: number) =>
  world.startBatch({ options: QUICK, ...plan }, uniqueId('batch'), itemsPerPage);

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

test('given a page of bad lines alone -> then the next one begins while the one before it runs', async () => {
  await world.withWorker(async () => {
    const handle = await begin(badPage('600'));
    await until(() => createsIn(world, handle.workflowId).length === 6);
    await handle.signal('cancelBatch');
    expect(await handle.result()).toMatchObject({ counts: { completed: 3, rejected: 1, cancelled: 3 } });
  });
});

test('given a slot for a page that is writing its last records -> then the page after it has that slot', async () => {
  const saves = heldSaves(world, 1);
  await world.withWorker(async () => {
    const handle = await begin(threePages('600'), 2);
    await sendLateSlot(world, handle.workflowId, saves).finally(saves.release);
    await until(() => createsIn(world, handle.workflowId).length === 6);
    await handle.signal('cancelBatch');
    await handle.result();
  }, saves.activities);
});

test('given a page that is cancelled by hand and has all slots -> then the page after it goes on with them', async () => {
  await world.withWorker(async () => {
    const long = ['long-1', 'long-2'].map((id) => itemOf(id, { runSeconds: '600' }));
    const handle = await begin({ items: [...long, itemOf('short')], concurrency: 2 }, 2);
    await until(() => createsIn(world, handle.workflowId).length === 2);
    await world.client.workflow.getHandle(pageWorkflowId(handle.workflowId, 0)).cancel();
    expect(await handle.result()).toMatchObject({ status: 'completed', counts: { completed: 1, cancelled: 2 } });
  });
});
