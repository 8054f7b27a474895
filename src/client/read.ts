/** Reading: status and results of running and of closed workflows. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import type { BatchProgress, BatchResult, BatchState, TaskResult, TaskStatusView } from '../contracts';
import { TaskEndedError, UnreachableError, UsageError } from '../errors';
import { BATCH_WORKFLOW, SEARCH_ATTRIBUTES, TASK_WORKFLOW } from '../names';
import type { BlobStore } from '../store';
import { batchResultQuery, batchStateQuery, pageProgressQuery } from '../workflows/batch-messages';
import { taskResultQuery, taskStatusQuery } from '../workflows/messages';
import { progressOf } from '../workflows/tally';
import { readLostPages } from './lost-batch';
import { withAnswer, type UpstreamOf } from './omitted';
import type { RecordedBatch } from './records';

/** A query needs a worker, and replays a workflow that is not in its memory. */
const QUERY_DEADLINE_MS = 3_000;

export type Kind = 'task' | 'batch';

/** What is known of a task or batch; `view` is null when no worker answered in time. */
export interface StatusReport {
  id: string;
  kind: Kind;
  /** Of the workflow: RUNNING, COMPLETED, CANCELLED, TERMINATED, ... */
  execution: string;
  /** From the visibility store: `queued`, `in_progress`, or how it ended. Of a terminated task: where it stood. */
  taskStatus: string | null;
  view: TaskStatusView | BatchProgress | null;
}

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

const KINDS: Record<string, Kind> = { [TASK_WORKFLOW]: 'task', [BATCH_WORKFLOW]: 'batch' };

/**
 * @param wanted What it has to be; anything of this package when left out.
 * @throws UsageError when there is no such workflow, or it is something else.
 */
export async function describe(
  client: Client,
  id: string,
  wanted?: Kind,
): Promise<WorkflowExecutionDescription & { kind: Kind }> {
  const found = await client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new UsageError([`${id}: no such task or batch in this namespace; \`task list\` shows those there are`]);
    });
  const kind = Object.hasOwn(KINDS, found.type) ? KINDS[found.type] : undefined;
  if (!kind) throw new UsageError([`${id}: is a workflow of type ${JSON.stringify(found.type)}, no task and no batch`]);
  if (wanted && kind !== wanted) throw new UsageError([`${id}: is a ${kind}, no ${wanted}; use the \`${kind}\` verbs`]);
  return { ...found, kind };
}

function query<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + QUERY_DEADLINE_MS, ask);
}

export async function readStatus(client: Client, id: string): Promise<StatusReport> {
  const { kind, status, typedSearchAttributes } = await describe(client, id);
  const handle = client.workflow.getHandle(id);
  const view = await (
    kind === 'batch' ? readBatchProgress(client, id) : query(client, () => handle.query(taskStatusQuery))
  ).catch(() => null);
  const taskStatus = typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) ?? null;
  return { id, kind, execution: status.name, taskStatus, view };
}

/** The end of the workflow, however long that takes; aborted by either signal. */
async function ended<T>(client: Client, id: string, { signal, timeoutMs }: WaitOptions): Promise<T> {
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([signal, timeout].filter((one) => one !== undefined));
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

/** Open pages that are asked themselves: the batch knows of them what they last reported. */
const MAX_PAGES_ASKED = 10;

async function refine(client: Client, state: BatchState): Promise<BatchState> {
  const open = await Promise.all(
    state.open.map(async (page, i) => {
      if (i < state.open.length - MAX_PAGES_ASKED) return page;
      const ask = () => client.workflow.getHandle(page.workflowId).query(pageProgressQuery);
      const progress = await query(client, ask).catch(() => null);
      return progress ? { ...page, tally: progress.tally } : page;
    }),
  );
  return { ...state, open };
}

/** Where a batch stands now. */
export async function readBatchProgress(client: Client, id: string): Promise<BatchProgress> {
  const state = await query(client, () => client.workflow.getHandle(id).query(batchStateQuery));
  return progressOf(await refine(client, state), Date.now());
}

/** What is needed to read the records of a batch. @throws UsageError when it is none. */
export async function readRecorded(client: Client, id: string): Promise<RecordedBatch> {
  const { memo, status, startTime, closeTime } = await describe(client, id, 'batch');
  const folder = memo?.folder;
  if (typeof folder !== 'string') throw new UsageError([`${id}: says not where its records are`]);
  if (status.name === 'RUNNING') return { id, folder, ended: false, result: null, lost: null };
  try {
    return { id, folder, ended: true, result: await readBatchResult(client, id, {}), lost: null };
  } catch (error) {
    if (!(error instanceof TaskEndedError)) throw error;
    const { reason, cause } = error;
    const nothingStarted = cause instanceof ApplicationFailure && cause.type === 'InputUnreadable';
    const pages = nothingStarted ? { pages: [], open: [] } : await readLostPages(client, id);
    const seconds = Math.round(((closeTime ?? startTime).getTime() - startTime.getTime()) / 100) / 10;
    return { id, folder, ended: true, result: null, lost: { reason, seconds, ...pages } };
  }
}
