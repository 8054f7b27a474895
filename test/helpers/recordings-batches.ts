/** Recordings of batches, their pages, and reports that do not simply complete. */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchItem, BatchPlan, ReportPlan } from '../../src/contracts';
import { badPage, heldSaves, sendLateSlot, threePages, twoLimits } from './batches';
import { beforePatch } from './bundles';
import { aPlan, begin, progressOf } from './reports';
import { inWorld, save } from './recording';
import { until } from './watched';
import { devServerWorld, type World, type WorldOptions } from './world';

export const QUICK = { pollIntervalsSeconds: [0.2] };

export const itemsOf = (count: number, runSeconds = '0.5'): BatchItem[] =>
  Array.from({ length: count }, (_, i) => {
    const metadata = { emulator_run_seconds: runSeconds, emulator_queued_seconds: '0.1' };
    return { id: `i${i}`, task: { request: { model: 'o3', input: `Prompt ${i}`, metadata } } };
  });

interface BatchRecording {
  plan: BatchPlan;
  /** Of a page, in items. Default: all in one. */
  itemsPerPage?: number;
  act?: (handle: WorkflowHandle, world: World) => Promise<unknown>;
  /** Which page is kept, from 1, and under which name. */
  page?: { number: number; name: string };
  /** Default true; pages are of interest without their batch, too. */
  keepsBatch?: boolean;
  world?: () => WorldOptions;
}

/** The batch, and one of its pages. */
const recordBatch =
  (name: string, { plan, itemsPerPage, act, page, keepsBatch = true, world: more }: BatchRecording) =>
  (): Promise<void> =>
    inWorld(
      () => devServerWorld(more?.()),
      (world) =>
        world.withWorker(async () => {
          const handle = await world.startBatch({ options: QUICK, ...plan }, name, itemsPerPage);
          await act?.(handle, world);
          await handle.result().catch(() => undefined);
          if (keepsBatch) await save(name, handle);
          const pageId = `${name}/page/${String(page?.number ?? 1).padStart(4, '0')}`;
          if (page) await save(page.name, world.client.workflow.getHandle(pageId));
        }),
    );

const isCreated = ({ emulator }: World, count: number) => until(() => emulator.ledger().creates.length >= count);

/** Paused, its window made larger, and resumed. */
async function change(handle: WorkflowHandle, world: World): Promise<void> {
  await isCreated(world, 3);
  await handle.executeUpdate('pauseBatch');
  await sleep(1_500);
  await handle.executeUpdate('setConcurrency', { args: [4] });
  await handle.executeUpdate('resumeBatch');
  await isCreated(world, 6);
  await handle.executeUpdate('setConcurrency', { args: [1] });
}

/** The first page is gone with its slots; the others are called back. */
async function losePage({ workflowId }: WorkflowHandle, world: World): Promise<void> {
  await isCreated(world, 5);
  await world.client.workflow.getHandle(`${workflowId}/page/0001`).terminate('recorded');
}

/** The last records of the second page are held until it was sent a slot. */
const recordLateSlot = (name: string) => (): Promise<void> =>
  inWorld(devServerWorld, (world) => {
    const saves = heldSaves(world, 1);
    return world.withWorker(async () => {
      const handle = await world.startBatch({ options: QUICK, ...threePages('3') }, name, 2);
      await sendLateSlot(world, name, saves).finally(saves.release);
      await handle.result();
      await save(name, world.client.workflow.getHandle(`${name}/page/0002`));
    }, saves.activities);
  });

const recordReport = (name: string, plan: Partial<ReportPlan>, act?: (handle: WorkflowHandle) => Promise<void>) => () =>
  inWorld(devServerWorld, (world) =>
    world.withWorker(async () => {
      const handle = await begin(world, aPlan(plan), name);
      await act?.(handle);
      await handle.result().catch(() => undefined);
      await save(name, handle);
    }),
  );

const isRunning = (handle: WorkflowHandle) => until(async () => (await progressOf(handle)).phase === 'running');

const COMPLETED: BatchRecording = {
  plan: { items: itemsOf(8), concurrency: 3 },
  itemsPerPage: 5,
  page: { number: 1, name: 'page-completed' },
};
const CHANGED: BatchRecording = {
  plan: { items: itemsOf(9), concurrency: 2 },
  act: change,
  page: { number: 1, name: 'page-changed' },
};
const CANCELLED: BatchRecording = {
  plan: { items: [...itemsOf(2), ...itemsOf(6, '600').slice(2)], concurrency: 4 },
  act: async (handle, world) => {
    await isCreated(world, 5);
    await handle.signal('cancelBatch', 'recorded');
  },
  page: { number: 1, name: 'page-cancelled' },
};
const LOST: BatchRecording = {
  plan: { items: itemsOf(12, '2'), concurrency: 4 },
  itemsPerPage: 4,
  act: losePage,
  page: { number: 2, name: 'page-recalled' },
};
/** The last page ends first: the slots of the other go to nobody. */
const SHORT_LAST: BatchRecording = {
  plan: { items: [...itemsOf(3, '3'), ...itemsOf(5).slice(3)], concurrency: 6 },
  itemsPerPage: 3,
  page: { number: 1, name: 'page-slots-returned' },
};
const BAD_PAGE: BatchRecording = { plan: badPage('2'), keepsBatch: false };
const TWO_LIMITS: BatchRecording = { plan: twoLimits(24), keepsBatch: false };
/** A window that was filled in another way before `slower-fill`, and just as many items as show it. */
const WIDE: BatchRecording = { plan: { items: itemsOf(15), concurrency: 100 }, keepsBatch: false };

export const BATCHES: Record<string, () => Promise<void>> = {
  'batch-completed': recordBatch('batch-completed', COMPLETED),
  'page-completed': recordBatch('batch-completed', COMPLETED),
  'batch-changed': recordBatch('batch-changed', CHANGED),
  'page-changed': recordBatch('batch-changed', CHANGED),
  'batch-cancelled': recordBatch('batch-cancelled', CANCELLED),
  'page-cancelled': recordBatch('batch-cancelled', CANCELLED),
  'batch-cancelled-by-temporal': recordBatch('batch-cancelled-by-temporal', {
    plan: { items: itemsOf(3, '600') },
    act: async (handle, world) => {
      await isCreated(world, 3);
      await handle.cancel();
    },
  }),
  'batch-budget': recordBatch('batch-budget', {
    plan: { items: itemsOf(8), concurrency: 2, budget: { maxTokens: 300 } },
  }),
  'batch-page-lost': recordBatch('batch-page-lost', LOST),
  'page-recalled': recordBatch('batch-page-lost', LOST),
  'batch-slots-kept': recordBatch('batch-slots-kept', SHORT_LAST),
  'page-slots-returned': recordBatch('batch-slots-kept', SHORT_LAST),
  'batch-told': recordBatch('batch-told', { ...CHANGED, page: undefined }),
  'batch-told-before': recordBatch('batch-told-before', {
    ...CHANGED,
    page: undefined,
    world: beforePatch('told-after-update'),
  }),
  'page-asked-at-bad-line': recordBatch('page-asked-at-bad-line', {
    ...BAD_PAGE,
    page: { number: 2, name: 'page-asked-at-bad-line' },
  }),
  'page-slots-passed-late': recordLateSlot('page-slots-passed-late'),
  'page-two-limits': recordBatch('page-two-limits', { ...TWO_LIMITS, page: { number: 2, name: 'page-two-limits' } }),
  'page-wide': recordBatch('page-wide', { ...WIDE, page: { number: 1, name: 'page-wide' } }),
  'page-wide-before': recordBatch('page-wide-before', {
    ...WIDE,
    page: { number: 1, name: 'page-wide-before' },
    world: beforePatch('slower-fill'),
  }),
  'report-failed': recordReport('report-failed', { metadata: { emulator_scenario: 'failed' } }),
  'report-cancelled': recordReport(
    'report-cancelled',
    { metadata: { emulator_run_seconds: '600' } },
    async (handle) => {
      await isRunning(handle);
      await handle.signal('cancelReport', 'recorded');
    },
  ),
  'report-cancelled-by-temporal': recordReport('report-cancelled-by-temporal', {}, async (handle) => {
    await until(async () => (await progressOf(handle)).phase !== 'uploading');
    await handle.cancel();
  }),
};
