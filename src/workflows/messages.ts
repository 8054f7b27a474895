/** Signals, queries and updates. The wire name is the first argument; each works from the Web UI with at most one JSON argument. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchProgress, BatchResult, TaskChange, TaskResult, TaskStatusView } from '../contracts';

/** Cancel the response upstream and end as `cancelled`. The argument is an optional reason. */
export const cancelTaskSignal = defineSignal<[reason?: string]>('cancelTask');

/** A hint that there may be news: look at once instead of at the end of the current wait. */
export const lookNowSignal = defineSignal('lookNow');

/** Where the task stands; answered for closed tasks too. */
export const taskStatusQuery = defineQuery<TaskStatusView>('taskStatus');

/** The result, also of a task that was closed as Cancelled; null while it runs. */
export const taskResultQuery = defineQuery<TaskResult | null>('taskResult');

/** Changes intervals or deadlines of a running task. Answers with the status after the change. */
export const changeTaskUpdate = defineUpdate<TaskStatusView, [TaskChange]>('changeTask');

/** Start nothing more, cancel every running task upstream, and end with what was finished. */
export const cancelBatchSignal = defineSignal<[reason?: string]>('cancelBatch');

/** Counts, rate, estimate of the time left, tokens. */
export const batchProgressQuery = defineQuery<BatchProgress>('batchProgress');

/** The records of ended items in input order; the whole result once the batch has ended. */
export const batchResultQuery = defineQuery<BatchResult>('batchResult');
