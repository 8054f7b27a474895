/** Signals, queries and updates of batches. Those of pages are between our own workflows. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchProgress, BatchResult, BatchState, PageProgress, PageStop, Tally } from '../contracts';

/** Start nothing more, cancel every running task upstream, and end with what was finished. */
export const cancelBatchSignal = defineSignal<[reason?: string]>('cancelBatch');

/** Start nothing more until `resumeBatch`; running tasks go on. */
export const pauseBatchUpdate = defineUpdate<BatchProgress>('pauseBatch');
export const resumeBatchUpdate = defineUpdate<BatchProgress>('resumeBatch');

/** Changes how many tasks may run at once: 1 to 500. Running tasks go on when there are more. */
export const setConcurrencyUpdate = defineUpdate<BatchProgress, [concurrency: number]>('setConcurrency');

/** Counts, rate, estimate of the time left, tokens, cost; open pages as they last reported. */
export const batchProgressQuery = defineQuery<BatchProgress>('batchProgress');
/** What `batchProgress` is made of. */
export const batchStateQuery = defineQuery<BatchState>('batchState');
/** The result; also of a batch that was closed as Cancelled. Null while it runs. */
export const batchResultQuery = defineQuery<BatchResult | null>('batchResult');

/**
 * A page hands on what it may run: to the next page, or to the batch. Negative: it owes as many. The batch is told which
 * page has no use for them.
 */
export const addSlotsSignal = defineSignal<[slots: number, from?: number]>('addSlots');
/** To the batch: this page has nearly started all of its items. */
export const pageNearlyStartedSignal = defineSignal<[page: number]>('pageNearlyStarted');
/** To the batch: how far a page has come. */
export const pageReportSignal = defineSignal<[page: number, tally: Tally]>('pageReport');
/** To a page, when slots were lost with another one: start nothing more, and say when nothing runs. */
export const recallSlotsSignal = defineSignal('recallSlots');
/** To the batch: nothing runs in this page, and it holds no slots. */
export const pageRecalledSignal = defineSignal<[page: number]>('pageRecalled');
/** To a page: go on after `recallSlots`, with exactly so many. */
export const grantSlotsSignal = defineSignal<[slots: number]>('grantSlots');
/** To a page: where its slots go when it has nothing more to start. */
export const setSuccessorSignal = defineSignal<[workflowId: string]>('setSuccessor');
export const pausePageSignal = defineSignal<[paused: boolean]>('pausePage');
export const stopPageSignal = defineSignal<[PageStop]>('stopPage');
export const pageProgressQuery = defineQuery<PageProgress>('pageProgress');
