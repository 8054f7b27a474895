/** The library: start, watch, cancel and read tasks, batches and reports from any program. */
import { requestChange, requestLook } from './client/ask';
import { requestCancel } from './client/cancel';
import type { LostBatchResult } from './client/lost-batch';
import { readTaskResult, StillRunningError, type WaitOptions } from './client/read';
import type { BatchReader } from './client/records';
import { RETRIED_OUTCOMES } from './client/retry';
import type { RunningItems } from './client/running';
import { assertId, openSession, random, type ConnectOptions, type Server } from './client/session';
import type { Started } from './client/start';
import { startTask } from './client/start-task';
import { listTasks, summarize, type ListedTask, type ListFilter, type Summary } from './client/visibility';
import { readStatus, type StatusReport } from './client/status';
import { tailTask, type TailOptions } from './client/tail';
import type { Bounds } from './client/closed-tasks';
import type { GarbageOptions, GarbageReport } from './client/garbage';
import type { Orphan, OrphanReport } from './client/orphans';
import type { Leftover, SweepReport } from './client/sweep';
import { SweepSession } from './client/sweep-session';
import { countWorkers } from './client/workers';
import type { TailEvent, TaskChange, TaskInput, TaskOptions, TaskResult, TaskStatusView } from './contracts';
import { assertTask } from './door';
import { attachedTaskId, freshId } from './names';
import { DamagedBlobError, folderStore, s3Store, type BlobStore, type S3StoreOptions } from './store';
import { externalStorage, PayloadLostError, PayloadNotStoredError, PayloadUnreadError } from './store/payloads';

export * from './contracts';
export { checkTask, parseBatchCsv, parseBatchLines, parsePrices } from './door';
export { TaskEndedError, UnreachableError, UnwrittenFileError, UsageError } from './errors';
export { DamagedPayloadError } from './security/codec';
export { encryptedBlobs, encryptedDataConverter } from './security/data-converter';
export type { Encryption, EncryptionSetting } from './security/data-converter';
export { KeysUnavailableError, MissingKeyError, type KeyProvider } from './security/key-ring';
export type { EncryptionKey } from './security/keys';
export { folderStore, s3Store, externalStorage, RETRIED_OUTCOMES, StillRunningError };
export { DamagedBlobError, PayloadLostError, PayloadNotStoredError, PayloadUnreadError };
export type { BatchReader, BlobStore, ConnectOptions, S3StoreOptions, Server };
export type { Bounds, GarbageOptions, GarbageReport, Leftover, Orphan, OrphanReport, SweepReport };
export type {
  ListedTask,
  ListFilter,
  LostBatchResult,
  RunningItems,
  Started,
  StatusReport,
  Summary,
  TailOptions,
  WaitOptions,
};

/** A connection to the tasks of one namespace. Close it when done. */
export class DurableResponses extends SweepSession {
  /**
   * Connects to the configured Temporal server, or to the embedded one that runs.
   * @throws UnreachableError (with a `hint`) within 10 s when there is none; UsageError for a wrong configuration.
   */
  static async connect(options: ConnectOptions = {}): Promise<DurableResponses> {
    return new DurableResponses(await openSession(options), options);
  }

  /**
   * Starts a task, or watches a response that exists (`attach`). An `id` that was used before joins that run, ended or
   * not, and starts nothing; its request is not compared.
   * @throws UsageError when the task is not valid: nothing was started.
   */
  async startTask(task: TaskInput, options: { id?: string } = {}): Promise<Started> {
    assertTask(task, this.context);
    const fresh = task.attach
      ? attachedTaskId(task.attach.responseId)
      : freshId('task', task.request?.model, new Date(), random());
    return startTask(this.context, assertId(options.id ?? fresh), task, random());
  }

  /** Watches a response that exists; creates none. The same as `startTask` with `attach`. */
  attachTask(responseId: string, options: { id?: string; options?: TaskOptions } = {}): Promise<Started> {
    return this.startTask({ attach: { responseId }, options: options.options }, { id: options.id });
  }

  /**
   * Cancels a task, a batch or a report upstream; what was finished is kept. Harmless when repeated.
   * @returns False when it had ended already.
   */
  async cancel(id: string, reason = 'cancelled by the client'): Promise<boolean> {
    return requestCancel(this.temporal, assertId(id), reason);
  }

  /** Where a task, batch or report stands. Falls back to the visibility store when no worker answers within 3 s. */
  async status(id: string): Promise<StatusReport> {
    return readStatus(this.temporal, assertId(id));
  }

  /**
   * Waits for a task's result. An answer too large for a workflow is fetched from upstream.
   * @throws TaskEndedError when the workflow was terminated or failed; StillRunningError after `timeoutMs`;
   * UnreachableError when a large answer cannot be fetched; UsageError when `id` is no task.
   */
  async result(id: string, options: WaitOptions = {}): Promise<TaskResult> {
    const upstream = () => this.upstream();
    return this.wherever((client, wait) => readTaskResult(client, this.store, upstream, assertId(id), wait), options);
  }

  /**
   * A task's progress and text, live, to its end: see `TailEvent`. The text comes straight from upstream, from its
   * beginning, for any number of viewers, and is in no history; a lost connection, worker or server is waited for. Of a
   * response that cannot be streamed (not created with `watch: 'stream'`, or over 5 minutes old when the tail begins or
   * its connection is lost) the status is told, and the text at the end.
   * @throws As `result`; UnreachableError when the Temporal server is away for about 2 minutes.
   */
  tail(id: string, options: TailOptions = {}): AsyncGenerator<TailEvent, void> {
    const deps = { client: () => this.temporal, renew: () => this.renew(), store: this.store };
    return tailTask({ ...deps, upstream: () => this.upstream() }, assertId(id), options);
  }

  /**
   * Changes intervals or deadlines of a running task.
   * @throws UsageError when the change is not valid or the task has ended; UnreachableError when no worker answers.
   */
  async changeTask(id: string, change: TaskChange): Promise<TaskStatusView> {
    return requestChange(this.temporal, assertId(id), change);
  }

  /** Makes a task look at once. @throws UsageError when it has ended. */
  async lookNow(id: string): Promise<void> {
    return requestLook(this.temporal, assertId(id));
  }

  /** How many workers serve the task queue now; a task that is started without any waits for one. */
  workers(): Promise<number> {
    return countWorkers(this.temporal, this.server.taskQueue);
  }

  /** Tasks, newest first; a moment behind. @throws UsageError for a filter that is not valid. */
  list(filter: ListFilter = {}): Promise<ListedTask[]> {
    return listTasks(this.temporal, filter);
  }

  /** Counts of tasks by status and priority; a moment behind. */
  summary(): Promise<Summary> {
    return summarize(this.temporal);
  }
}
