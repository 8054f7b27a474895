/** Names that the server and other programs see: they are stable, since a change would lose running work. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The task queue of workflows and activities when nothing else is configured. */
export const DEFAULT_TASK_QUEUE = 'durable-responses';

/** The task queue of the activity that follows streams, which has slots of its own. */
export const streamsTaskQueue = (taskQueue: string): string => `${taskQueue}-streams`;

/** Input and answers of batches when nothing else is configured; in the working directory. */
export const DEFAULT_STORE_DIR = '.durable-responses/store';

export const TASK_WORKFLOW = 'responseTask';
export const BATCH_WORKFLOW = 'responseBatch';
export const PAGE_WORKFLOW = 'responseBatchPage';
export const REPORT_WORKFLOW = 'responseReport';
export const GATE_WORKFLOW = 'responseGate';

/** Custom search attributes. They are never encrypted, so they hold no text of a prompt or an answer. */
export const SEARCH_ATTRIBUTES = {
  TaskStatus: defineSearchAttributeKey('TaskStatus', SearchAttributeType.KEYWORD),
  TaskPriority: defineSearchAttributeKey('TaskPriority', SearchAttributeType.KEYWORD),
  TaskModel: defineSearchAttributeKey('TaskModel', SearchAttributeType.KEYWORD),
  BatchId: defineSearchAttributeKey('BatchId', SearchAttributeType.KEYWORD),
  TenantId: defineSearchAttributeKey('TenantId', SearchAttributeType.KEYWORD),
};

/** What the id of a task, batch or report may be: readable in a list, safe in a log line, a path and a visibility query. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/;

/** What a response id may be, so that it can only ever be one segment of a path. */
export const RESPONSE_ID_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;

/** The workflow id of one item of a batch. */
export function itemWorkflowId(batchId: string, itemId: string): string {
  return `${batchId}/${itemId}`;
}

/** The workflow id of one page of a batch; no item can have it, since items' ids have no `/`. */
export function pageWorkflowId(batchId: string, page: number): string {
  return `${batchId}/page/${String(page + 1).padStart(4, '0')}`;
}

/** The workflow id of a task that watches a response that exists, where none is given. */
export const attachedTaskId = (responseId: string): string => `attach-${responseId}`;

/** The workflow id of the run of a report. */
export const reportTaskId = (reportId: string): string => `${reportId}/run`;

/** The workflow id of the gate in front of the account that a task queue's workers use. */
export const gateWorkflowId = (taskQueue: string): string => `response-gate-${taskQueue}`;

/**
 * A fresh id that sorts by time and says what it is: `task-o3-20261124-091500-x7k2`.
 * Made of the kind, the model and the time only: prompts must not appear in ids.
 */
export function freshId(kind: string, model: string | null | undefined, now: Date, random: string): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const safeModel = (model ?? '').replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 40);
  return [kind, safeModel, stamp, random].filter(Boolean).join('-');
}

/** `sales.csv` with a mark before its extension, by which upstream knows what the file is. */
export function markedName(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${stem}-${mark}${name.slice(stem.length)}`;
}
