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

/** One that may have been made before, of another server. */
export interface Wait extends WaitOptions {
  /** Default: now. */
  beganMs?: number;
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
async function ended<T>(client: Client, id: string, { signal, timeoutMs, beganMs }: Wait): Promise<T> {
  const passedMs = beganMs === undefined ? 0 : Date.now() - beganMs;
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(Math.max(0, timeoutMs - passedMs));
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
  wait: Wait,
  ask: () => Promise<T | null>,
): Promise<T> {
  await describe(client, id, kind);
  try {
    return await ended<T>(client, id, wait);
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
  wait: Wait,
): Promise<TaskResult> {
  const ask = () => client.workflow.getHandle(id).query(taskResultQuery);
  return withAnswer(await resultOr(client, id, 'task', wait, ask), store, upstream);
}

/** The result as the workflow gave it. */
export function readBatchResult(client: Client, id: string, wait: Wait): Promise<BatchResult> {
  return resultOr(client, id, 'batch', wait, () => client.workflow.getHandle(id).query(batchResultQuery));
}

/** The result as the workflow gave it. */
export function readReportResult(client: Client, id: string, wait: Wait): Promise<ReportResult> {
  return resultOr(client, id, 'report', wait, () => client.workflow.getHandle(id).query(reportResultQuery));
}
