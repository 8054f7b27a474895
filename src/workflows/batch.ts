/** Many tasks: a sliding window of awaited children, each isolated from the others. */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  condition,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { BatchInput, BatchItem, BatchRecord, BatchResult, TaskInput } from '../contracts';
import { priorityOf, taskDetails, taskSummary } from '../contracts/describe';
import { itemWorkflowId, SEARCH_ATTRIBUTES } from '../names';
import {
  answerBytesPerItem,
  describeBatch,
  openBatch,
  progressOf,
  recordOf,
  recordWithout,
  resultOf,
  type Batch,
} from './batch-state';
import { batchProgressQuery, batchResultQuery, cancelBatchSignal, cancelTaskSignal } from './messages';
import type { responseTask } from './task';

type Child = ChildWorkflowHandle<typeof responseTask>;

const RANK = { high: 0, medium: 1, low: 2 };

/** The order of starting: by priority, within it as in the input. */
function startOrder(input: BatchInput): number[] {
  const rank = (item: BatchItem) => RANK[item.task?.options?.priority ?? input.options?.priority ?? 'medium'];
  return input.items.map((_, index) => index).sort((a, b) => rank(input.items[a]!) - rank(input.items[b]!) || a - b);
}

function taskOf(item: BatchItem, input: BatchInput): TaskInput | null {
  if (!item.task) return null;
  const maxOutputBytes = answerBytesPerItem(input.items.length);
  return { ...item.task, options: { maxOutputBytes, ...input.options, ...item.task.options } };
}

function searchAttributesOf(task: TaskInput, batchId: string): SearchAttributePair[] {
  // The batch itself was started without them where the server does not have them.
  if (workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.BatchId) === undefined) return [];
  const tenant = task.options?.tenant;
  return [
    { key: SEARCH_ATTRIBUTES.TaskStatus, value: 'queued' },
    { key: SEARCH_ATTRIBUTES.TaskPriority, value: task.options?.priority ?? 'medium' },
    { key: SEARCH_ATTRIBUTES.TaskModel, value: task.request?.model ?? 'attached' },
    { key: SEARCH_ATTRIBUTES.BatchId, value: batchId },
    ...(tenant ? [{ key: SEARCH_ATTRIBUTES.TenantId, value: tenant }] : []),
  ];
}

function startTask(task: TaskInput, workflowId: string, batchId: string): Promise<Child> {
  return startChild<typeof responseTask>('responseTask', {
    workflowId,
    args: [task],
    // A batch that is terminated by hand must not leave paid runs behind: its tasks cancel theirs upstream.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    priority: priorityOf(task),
    typedSearchAttributes: searchAttributesOf(task, batchId),
    memo: { labels: task.options?.labels ?? {} },
    staticSummary: taskSummary(task),
    staticDetails: taskDetails(task),
  });
}

/** A task whose workflow gave no result: cancelled or terminated by hand, failed, or its id is taken. */
function recordOfLost(index: number, item: BatchItem, workflowId: string, error: unknown): BatchRecord {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  const message = `Task ${workflowId}: ${cause instanceof Error ? cause.message : String(cause)}`;
  const cancelled = isCancellation(error);
  const code = cancelled ? 'cancelled_by_hand' : cause instanceof Error ? cause.name : 'unknown_error';
  const record = recordWithout(index, item, cancelled ? 'cancelled' : 'unknown', { code, message });
  return { ...record, workflowId };
}

async function runItem(batch: Batch, input: BatchInput, index: number, children: Map<string, Child>): Promise<void> {
  const item = batch.items[index]!;
  const task = taskOf(item, input);
  if (!task) {
    const { line, field, message } = item.problem!;
    batch.records[index] = recordWithout(index, item, 'rejected', {
      code: 'bad_input',
      message: `line ${line}, ${field}: ${message}`,
    });
    return;
  }
  const workflowId = itemWorkflowId(batch.batchId, item.id);
  const startedAtMs = Date.now();
  batch.running.set(item.id, workflowId);
  try {
    const child = await startTask(task, workflowId, batch.batchId);
    children.set(item.id, child);
    if (batch.stop) await child.signal(cancelTaskSignal, batch.stop.reason);
    batch.records[index] = recordOf(index, item, await child.result(), startedAtMs, Date.now());
  } catch (error) {
    batch.records[index] = recordOfLost(index, item, workflowId, error);
  } finally {
    batch.running.delete(item.id);
    children.delete(item.id);
    setCurrentDetails(describeBatch(batch, Date.now()));
  }
}

async function cancelChildren(children: Map<string, Child>, reason: string): Promise<void> {
  // A child that has just ended cannot be signalled; its result is already on the way.
  await Promise.allSettled([...children.values()].map((child) => child.signal(cancelTaskSignal, reason)));
}

async function runAll(batch: Batch, input: BatchInput, children: Map<string, Child>): Promise<BatchResult> {
  const items: Promise<void>[] = [];
  for (const index of startOrder(input)) {
    await condition(() => batch.stop !== null || batch.running.size < batch.concurrency);
    if (batch.stop) break;
    items.push(runItem(batch, input, index, children));
  }
  await Promise.all(items);
  for (const [index, item] of batch.items.entries()) {
    const reason = { code: 'not_started', message: 'The batch was cancelled before this item was started.' };
    batch.records[index] ??= recordWithout(index, item, 'cancelled', reason);
  }
  batch.done = true;
  setCurrentDetails(describeBatch(batch, Date.now()));
  return resultOf(batch);
}

function listen(batch: Batch, children: Map<string, Child>): void {
  const stop = (by: 'signal' | 'temporal', reason: string) => {
    if (batch.done) return;
    const first = batch.stop === null;
    batch.stop = { by: batch.stop?.by === 'temporal' ? 'temporal' : by, reason: batch.stop?.reason ?? reason };
    if (first) void CancellationScope.nonCancellable(() => cancelChildren(children, reason));
  };
  setHandler(cancelBatchSignal, (reason) => stop('signal', reason ?? 'cancelBatch signal'), {
    description: 'Start nothing more and cancel every running task upstream. Argument: an optional reason.',
  });
  setHandler(batchProgressQuery, () => progressOf(batch, Date.now()), {
    description: 'Counts, rate, time left, tokens.',
  });
  setHandler(batchResultQuery, () => resultOf(batch), { description: 'Records of ended items, in input order.' });
  CancellationScope.current().cancelRequested.catch(() => stop('temporal', 'cancel request'));
}

/**
 * Runs every item of `input` as a child `responseTask` named `<batch id>/<item id>`, at most `concurrency` at once, and
 * gives one record for each item in input order. An item that is refused, fails, or is terminated by hand is a record
 * and never stops the others. After `cancelBatch` nothing more is started, running tasks are cancelled upstream and
 * awaited, and what was finished is kept; after Temporal's cancel it closes as Cancelled (query `batchResult`).
 */
export async function responseBatch(input: BatchInput): Promise<BatchResult> {
  if (!Array.isArray(input?.items)) throw ApplicationFailure.nonRetryable('Expected { items: [...] }.', 'BadInput');
  const batch = openBatch(input, workflowInfo().workflowId, Date.now());
  const children = new Map<string, Child>();
  listen(batch, children);
  const result = await CancellationScope.nonCancellable(() => runAll(batch, input, children));
  if (batch.stop?.by === 'temporal')
    throw new CancelledFailure('The batch was cancelled; query batchResult for its records.');
  return result;
}
