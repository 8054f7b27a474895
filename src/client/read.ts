/** Reading: status and results of running and of closed workflows. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type {
  BatchProgress,
  BatchResult,
  BatchState,
  ReportProgress,
  ReportResult,
  TaskResult,
  TaskStatusView,
} from '../contracts';
import { TaskEndedError, UnreachableError, UsageError } from '../errors';
import { BATCH_WORKFLOW, REPORT_WORKFLOW, SEARCH_ATTRIBUTES, TASK_WORKFLOW } from '../names';
import type { BlobStore } from '../store';
import { batchResultQuery, batchStateQuery, pageProgressQuery } from '../workflows/batch-messages';
import { taskResultQuery, taskStatusQuery } from '../workflows/messages';
import { reportProgressQuery, reportResultQuery } from '../workflows/report-messages';
import { progressOf } from '../workflows/tally';
import { withAnswer, type UpstreamOf } from './omitted';
import type { RecordedBatch } from './records';

/** A query needs a worker, and replays a workflow that is not in its memory. */
const QUERY_DEADLINE_MS = 3_000;

export type Kind = 'task' | 'batch' | 'report';

/** What is known of a task, batch or report; `view` is null when no worker answered in time. */
export interface StatusReport {
  id: string;
  kind: Kind;
  /** Of the workflow: RUNNING, COMPLETED, CANCELLED, TERMINATED, ... */
  execution: string;
  /** From the visibility store: `queued`, `in_progress`, or how it ended. Of a terminated task: where it stood. */
  taskStatus: string | null;
  view: TaskStatusView | BatchProgress | ReportProgress | null;
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

const KINDS: Record<string, Kind> = {
  [TASK_WORKFLOW]: 'task',
  [BATCH_WORKFLOW]: 'batch',
  [REPORT_WORKFLOW]: 'report',
};

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
      throw new UsageError([
        `${id}: no such task, batch or report in this namespace; \`task list\` shows those there are`,
      ]);
    });
  const kind = Object.hasOwn(KINDS, found.type) ? KINDS[found.type] : undefined;
  if (!kind)
    throw new UsageError([`${id}: is a workflow of type ${JSON.stringify(found.type)}, no task, batch or report`]);
  if (wanted && kind !== wanted) throw new UsageError([`${id}: is a ${kind}, no ${wanted}; use the \`${kind}\` verbs`]);
  return { ...found, kind };
}

function query<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + QUERY_DEADLINE_MS, ask);
}

export async function readStatus(client: Client, id: string): Promise<StatusReport> {
  const { kind, status, typedSearchAttributes } = await describe(client, id);
  const handle = client.workflow.getHandle(id);
  const ask = {
    task: () => query(client, () => handle.query(taskStatusQuery)),
    batch: () => readBatchProgress(client, id),
    report: () => query(client, () => handle.query(reportProgressQuery)),
  };
  const view = await ask[kind]().catch(() => null);
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
    const reason = error.cause?.message ?? error.message;
    if (!(error.cause instanceof CancelledFailure)) throw new TaskEndedError(id, reason);
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
  const { memo, status } = await describe(client, id, 'batch');
  const folder = memo?.folder;
  if (typeof folder !== 'string') throw new UsageError([`${id}: says not where its records are`]);
  const ended = status.name !== 'RUNNING';
  const lost = (error: unknown) => {
    if (error instanceof TaskEndedError) return null;
    throw error;
  };
  return { id, folder, ended, result: ended ? await readBatchResult(client, id, {}).catch(lost) : null };
}
