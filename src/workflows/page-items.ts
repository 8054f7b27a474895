/** The tasks of a page: each a child workflow, isolated from the others. */
import {
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { rootCause, type SearchAttributePair } from '@temporalio/common';
import type { ItemHead, PageInput, StoredRecord, TaskError, TaskInput, TaskOutcome, TaskResult } from '../contracts';
import { itemDetails, priorityOf } from '../contracts/describe';
import { badLineError, recordWithout } from '../contracts/empty-record';
import { itemWorkflowId, SEARCH_ATTRIBUTES } from '../names';
import { batchKeys } from '../store/keys';
import type { responseTask } from './task';

export type TaskChild = ChildWorkflowHandle<typeof responseTask>;

function searchAttributesOf(head: ItemHead, batchId: string): SearchAttributePair[] {
  // The batch itself was started without them where the server does not have them.
  if (workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.BatchId) === undefined) return [];
  const { tenant, priority } = head.options;
  return [
    { key: SEARCH_ATTRIBUTES.TaskStatus, value: 'queued' },
    { key: SEARCH_ATTRIBUTES.TaskPriority, value: priority ?? 'medium' },
    { key: SEARCH_ATTRIBUTES.TaskModel, value: head.model ?? 'attached' },
    { key: SEARCH_ATTRIBUTES.BatchId, value: batchId },
    ...(tenant ? [{ key: SEARCH_ATTRIBUTES.TenantId, value: tenant }] : []),
  ];
}

function taskOf(head: ItemHead, { folder, file }: PageInput): TaskInput {
  const { index, at, model, include, options, attach } = head;
  const answerKey = batchKeys.answer(folder, index);
  if (attach) return { attach, options, answerKey };
  return { stored: { folder, file, at, index, model, include }, options, answerKey };
}

export function startTask(head: ItemHead, page: PageInput): Promise<TaskChild> {
  const { batchId } = page;
  const task = taskOf(head, page);
  return startChild<typeof responseTask>('responseTask', {
    workflowId: itemWorkflowId(batchId, head.id),
    args: [task],
    // A batch that is terminated by hand must not leave paid runs behind: its tasks cancel theirs upstream.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    priority: priorityOf(task, batchId),
    typedSearchAttributes: searchAttributesOf(head, batchId),
    memo: { labels: head.options.labels ?? {} },
    staticSummary: head.summary,
    staticDetails: itemDetails(head, batchId),
  });
}

const isoNow = (): string => new Date().toISOString();

const withoutResult = (head: ItemHead, status: TaskOutcome, error: TaskError | null): StoredRecord => ({
  ...recordWithout(head, status, error, isoNow()),
  answer: null,
});

export const recordOfBadLine = (head: ItemHead, problem: NonNullable<ItemHead['problem']>): StoredRecord =>
  withoutResult(head, 'rejected', badLineError(problem));

function answerOf({ answerKey, outputOmitted, outputText }: TaskResult): StoredRecord['answer'] {
  if (answerKey !== null) return { key: answerKey };
  if (outputOmitted) return 'upstream';
  return outputText === null ? null : { inline: outputText };
}

export function recordOf(head: ItemHead, result: TaskResult, startedAtMs: number): StoredRecord {
  const { taskId, responseId, status, error, incompleteReason, usage } = result;
  const { polls, creates, retries, possibleOrphans, notCleaned } = result;
  const incomplete = incompleteReason ? { code: 'incomplete', message: incompleteReason } : null;
  return {
    ...withoutResult(head, status, error ?? incomplete),
    workflowId: taskId,
    responseId,
    // The request's name for the model: upstream answers with a dated one, for which nobody has a price.
    model: head.model ?? result.model,
    answer: answerOf(result),
    usage,
    seconds: Math.round((Date.now() - startedAtMs) / 10) / 100,
    startedAt: new Date(startedAtMs).toISOString(),
    polls,
    creates,
    retries,
    possibleOrphans,
    notCleaned,
  };
}

/** A task whose workflow gave no result: cancelled or terminated by hand, failed, or its id is taken. */
export function recordOfLost(head: ItemHead, workflowId: string, error: unknown): StoredRecord {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  const message = `Task ${workflowId}: ${rootCause(error) ?? String(error)}`;
  const cancelled = isCancellation(error);
  const code = cancelled ? 'cancelled_by_hand' : cause instanceof Error ? cause.name : 'unknown_error';
  return { ...withoutResult(head, cancelled ? 'cancelled' : 'unknown', { code, message }), workflowId };
}
