/** Reading: status and results of running and of closed workflows. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { BatchProgress, BatchRecord, BatchResult, TaskResult, TaskStatusView } from '../contracts';
import { TaskEndedError, UnreachableError, UsageError } from '../errors';
import { BATCH_WORKFLOW, SEARCH_ATTRIBUTES } from '../names';
import type { Upstream } from '../upstream';
import { batchProgressQuery, batchResultQuery, taskResultQuery, taskStatusQuery } from '../workflows/messages';

/** A query needs a worker, and replays a workflow that is not in its memory. */
const QUERY_DEADLINE_MS = 3_000;

/** What is known of a task or batch; `view` is null when no worker answered in time. */
export interface StatusReport {
  id: string;
  kind: 'task' | 'batch';
  /** Of the workflow: RUNNING, COMPLETED, CANCELLED, TERMINATED, ... */
  execution: string;
  /** From the visibility store: `queued`, `in_progress`, or how it ended. */
  taskStatus: string | null;
  view: TaskStatusView | BatchProgress | null;
}

/** @throws UsageError when there is no such workflow. */
export async function describe(client: Client, id: string): Promise<WorkflowExecutionDescription> {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UsageError([`${id}: no such task or batch in this namespace; \`task list\` shows those there are`]);
  }
}

function query<T>(client: Client, id: string, ask: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + QUERY_DEADLINE_MS, ask);
}

export async function readStatus(client: Client, id: string): Promise<StatusReport> {
  const { type, status, typedSearchAttributes } = await describe(client, id);
  const kind = type === BATCH_WORKFLOW ? 'batch' : 'task';
  const handle = client.workflow.getHandle(id);
  const view = await query<TaskStatusView | BatchProgress>(client, id, () =>
    kind === 'batch' ? handle.query(batchProgressQuery) : handle.query(taskStatusQuery),
  ).catch(() => null);
  const taskStatus = typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) ?? null;
  return { id, kind, execution: status.name, taskStatus, view };
}

/** The workflow's result; of one that closed as Cancelled, the answer of `ask`. */
async function resultOr<T>(client: Client, id: string, ask: () => Promise<T | null>, signal?: AbortSignal): Promise<T> {
  await describe(client, id);
  const wait = () => client.workflow.getHandle(id).result() as Promise<T>;
  try {
    return await (signal ? client.connection.withAbortSignal(signal, wait) : wait());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const reason = error.cause?.message ?? error.message;
    if (!(error.cause instanceof CancelledFailure)) throw new TaskEndedError(id, reason);
    const noWorker = new UnreachableError(
      `${id} was cancelled; its result is known to a worker only.`,
      'Run `npm start`.',
    );
    const result = await query(client, id, ask).catch(() => Promise.reject(noWorker));
    if (result === null) throw new TaskEndedError(id, reason);
    return result;
  }
}

export async function readTaskResult(
  client: Client,
  upstream: () => Promise<Upstream>,
  id: string,
  signal?: AbortSignal,
): Promise<TaskResult> {
  const handle = client.workflow.getHandle(id);
  const result = await resultOr(client, id, () => handle.query(taskResultQuery), signal);
  if (!result.outputOmitted || !result.responseId) return result;
  const answer = await (await upstream()).retrieveAnswer(result.responseId, { include: [], maxOutputBytes: Infinity });
  return { ...result, outputText: answer.outputText, output: answer.output, outputOmitted: false };
}

async function completed(record: BatchRecord, upstream: () => Promise<Upstream>): Promise<BatchRecord> {
  if (!record.resultOmitted || !record.responseId) return record;
  const answer = await (await upstream()).retrieveAnswer(record.responseId, { include: [], maxOutputBytes: Infinity });
  return { ...record, result: answer.outputText, resultOmitted: false };
}

/** Large answers are fetched one after the other: a few at most, or it would not be a small batch. */
export async function readBatchResult(
  client: Client,
  upstream: () => Promise<Upstream>,
  id: string,
  signal?: AbortSignal,
): Promise<BatchResult> {
  const handle = client.workflow.getHandle(id);
  const result = await resultOr(client, id, () => handle.query(batchResultQuery), signal);
  const records: BatchRecord[] = [];
  for (const record of result.records) records.push(await completed(record, upstream));
  return { ...result, records };
}
