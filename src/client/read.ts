/** Reading results of running and of closed workflows. */
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { setMaxListeners } from 'node:events';
import type { BatchResult, ReportResult, TaskResult } from '../contracts';
import { TaskEndedError, UnreachableError } from '../errors';
import type { BlobStore } from '../store';
import { batchResultQuery } from '../workflows/batch-messages';
import { taskResultQuery } from '../workflows/messages';
import { reportResultQuery } from '../workflows/report-messages';
import { describe, query, type Kind } from './describe';
import { withAnswer, type UpstreamOf } from './omitted';

export interface WaitOptions {
  signal?: AbortSignal;
  /** Gives up waiting after this time with a `StillRunningError`. Default: no limit. */
  timeoutMs?: number;
}

/** The wait is over and the task is not: it goes on. */
export class StillRunningError extends Error {
  override readonly name = 'StillRunningError';

  constructor(
    readonly id: string,
    timeoutMs: number,
  ) {
    super(`${id} has not ended within ${timeoutMs / 1000} s. It goes on: wait again, or cancel it.`);
  }
}

/** The end of the workflow, however long that takes; aborted by either signal. */
async function ended<T>(client: Client, id: string, { signal, timeoutMs }: WaitOptions): Promise<T> {
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([signal, timeout].filter((one) => one !== undefined));
  // The client library listens to it anew with each call, one every 20 s: that is no leak to be warned of.
  setMaxListeners(0, stop);
  try {
    return await client.connection.withAbortSignal(stop, () => client.workflow.getHandle(id).result() as Promise<T>);
  } catch (error) {
    if (timeoutMs !== undefined && timeout?.aborted && !signal?.aborted) throw new StillRunningError(id, timeoutMs);
    throw error;
  }
}

/** The reason of a terminate is what somebody typed: it may not say that it was one. */
function reasonOf({ cause, message }: WorkflowFailedError): string {
  const reason = cause?.message ?? message;
  return cause instanceof TerminatedFailure && !/terminated/i.test(reason) ? `terminated (${reason})` : reason;
}

/** The workflow's result; of one that closed as Cancelled, the answer of `ask`. */
async function resultOr<T>(
  client: Client,
  id: string,
  kind: Kind,
  options: WaitOptions,
  ask: () => Promise<T | null>,
): Promise<T> {
  await describe(client, id, kind);
  try {
    return await ended<T>(client, id, options);
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const reason = reasonOf(error);
    if (!(error.cause instanceof CancelledFailure)) throw new TaskEndedError(id, reason, { cause: error.cause });
    const noWorker = new UnreachableError(
      `${id} was cancelled; its result is known to a worker only.`,
      'Run `npm start`.',
    );
    const result = await query(client, ask).catch(() => Promise.reject(noWorker));
    if (result === null) throw new TaskEndedError(id, reason);
    return result;
  }
}

export async function readTaskResult(
  client: Client,
  store: BlobStore,
  upstream: UpstreamOf,
  id: string,
  options: WaitOptions,
): Promise<TaskResult> {
  const ask = () => client.workflow.getHandle(id).query(taskResultQuery);
  return withAnswer(await resultOr(client, id, 'task', options, ask), store, upstream);
}

/** The result as the workflow gave it. */
export function readBatchResult(client: Client, id: string, options: WaitOptions): Promise<BatchResult> {
  return resultOr(client, id, 'batch', options, () => client.workflow.getHandle(id).query(batchResultQuery));
}

/** The result as the workflow gave it. */
export function readReportResult(client: Client, id: string, options: WaitOptions): Promise<ReportResult> {
  return resultOr(client, id, 'report', options, () => client.workflow.getHandle(id).query(reportResultQuery));
}
