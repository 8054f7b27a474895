/** Signals, queries and updates. The wire name is the first argument; each works from the Web UI with at most one JSON argument. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ResponseOffer, TaskChange, TaskResult, TaskStatusView } from '../contracts';

/** Cancel the response upstream and end as `cancelled`. The argument is an optional reason. */
export const cancelTaskSignal = defineSignal<[reason?: string]>('cancelTask');

/** A hint that there may be news: look at once instead of at the end of the current wait. */
export const lookNowSignal = defineSignal('lookNow');

/** A response that carries this task's id was heard of: what a lost create made is adopted while the task has no other. */
export const adoptResponseSignal = defineSignal<[offer: ResponseOffer]>('adoptResponse');

/** Where the task stands; answered for closed tasks too. */
export const taskStatusQuery = defineQuery<TaskStatusView>('taskStatus');

/** The result, also of a task that was closed as Cancelled; null while it runs. */
export const taskResultQuery = defineQuery<TaskResult | null>('taskResult');

/** Changes intervals or deadlines of a running task. Answers with the status after the change. */
export const changeTaskUpdate = defineUpdate<TaskStatusView, [TaskChange]>('changeTask');
