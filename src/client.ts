/** The library: start, watch, cancel and read tasks and batches from any program. */
import type { Client } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { requestChange, requestLook } from './client/ask';
import { requestCancel } from './client/cancel';
import {
  readBatchResult,
  readStatus,
  readTaskResult,
  StillRunningError,
  type StatusReport,
  type WaitOptions,
} from './client/read';
import { startBatchWorkflow, startTaskWorkflow, type StartContext, type Started } from './client/start';
import { listTasks, summarize, type ListedTask, type ListFilter, type Summary } from './client/visibility';
import { countWorkers } from './client/workers';
import { loadConfig, type Config } from './config';
import { connectClient, ensureSearchAttributes, type ResolvedTemporal } from './connection';
import type {
  BatchInput,
  BatchResult,
  TaskChange,
  TaskInput,
  TaskOptions,
  TaskResult,
  TaskStatusView,
} from './contracts';
import { assertBatch, assertTask, checkId } from './door';
import { readEmbedded } from './embedded';
import { UnreachableError, UsageError } from './errors';
import { freshId, itemWorkflowId } from './names';
import { createUpstream, needsEmulator, upstreamOptions, type Upstream } from './upstream';

export * from './contracts';
export { checkTask, parseBatchLines } from './door';
export { TaskEndedError, UnreachableError, UsageError } from './errors';
export { StillRunningError };
export type { ListedTask, ListFilter, Started, StatusReport, Summary, WaitOptions };

export interface ConnectOptions {
  /** Default: from the environment and `.env`. */
  config?: Config;
  /** For everything up to a usable connection. Default 10,000. */
  deadlineMs?: number;
  /** Where tasks are started. Default: the configured one. */
  taskQueue?: string;
}

/** What a worker of your own needs to serve the same tasks: see `examples/own-worker.ts`. */
export type Server = Pick<ResolvedTemporal, 'address' | 'namespace' | 'connectionOptions'> & { taskQueue: string };

const random = (): string => randomBytes(3).toString('hex');

function assertId(id: string): string {
  const problems = checkId(id);
  if (problems.length > 0) throw new UsageError(problems);
  return id;
}

/** A connection to the tasks of one namespace. Close it when done. */
export class DurableResponses {
  private constructor(
    /** The Temporal client, for whatever this class does not do. */
    readonly temporal: Client,
    /** The Web UI, where it is known. */
    readonly uiUrl: string | undefined,
    /** Where it is connected to. */
    readonly server: Server,
    private readonly context: StartContext,
    private readonly config: Config,
  ) {}

  /**
   * Connects to the configured Temporal server, or to the embedded one that runs.
   * @throws UnreachableError (with a `hint`) within 10 s when there is none; UsageError for a wrong configuration.
   */
  static async connect(options: ConnectOptions = {}): Promise<DurableResponses> {
    const config = options.config ?? loadConfig();
    const { taskQueue = config.taskQueue } = options;
    const { client, connection, uiUrl, ...found } = await connectClient(config, options);
    const { address, namespace, connectionOptions } = found;
    const searchAttributes = (await ensureSearchAttributes(connection, namespace)) === 'ready';
    const server = { address, namespace, connectionOptions, taskQueue };
    return new DurableResponses(client, uiUrl, server, { client, taskQueue, searchAttributes }, config);
  }

  /**
   * Starts a task, or watches a response that exists (`attach`). An `id` that was used before joins that run, ended or
   * not, and starts nothing; its request is not compared.
   * @throws UsageError when the task is not valid: nothing was started.
   */
  async startTask(task: TaskInput, options: { id?: string } = {}): Promise<Started> {
    assertTask(task);
    const fresh = task.attach
      ? `attach-${task.attach.responseId}`
      : freshId('task', task.request?.model, new Date(), random());
    return startTaskWorkflow(this.context, assertId(options.id ?? fresh), task);
  }

  /** Watches a response that exists; creates none. The same as `startTask` with `attach`. */
  attachTask(responseId: string, options: { id?: string; options?: TaskOptions } = {}): Promise<Started> {
    return this.startTask({ attach: { responseId }, options: options.options }, { id: options.id });
  }

  /** Starts a batch; see `parseBatchLines` for files. The same `id` joins. @throws UsageError when it has no items. */
  async startBatch(batch: BatchInput, options: { id?: string } = {}): Promise<Started> {
    assertBatch(batch);
    const id = assertId(options.id ?? freshId('batch', null, new Date(), random()));
    for (const item of batch.items) assertId(itemWorkflowId(id, item.id));
    return startBatchWorkflow(this.context, id, batch);
  }

  /**
   * Cancels a task or a batch upstream; what was finished is kept. Harmless when repeated.
   * @returns False when it had ended already.
   */
  async cancel(id: string, reason = 'cancelled by the client'): Promise<boolean> {
    return requestCancel(this.temporal, assertId(id), reason);
  }

  /** Where a task or batch stands. Falls back to the visibility store when no worker answers within 3 s. */
  async status(id: string): Promise<StatusReport> {
    return readStatus(this.temporal, assertId(id));
  }

  /**
   * Waits for a task's result. An answer too large for a workflow is fetched from upstream.
   * @throws TaskEndedError when the workflow was terminated or failed; StillRunningError after `timeoutMs`;
   * UnreachableError when a large answer cannot be fetched; UsageError when `id` is no task.
   */
  async result(id: string, options: WaitOptions = {}): Promise<TaskResult> {
    return readTaskResult(this.temporal, () => this.upstream(), assertId(id), options);
  }

  /**
   * Waits for a batch's records, in input order. A large answer that cannot be fetched leaves its record
   * `resultOmitted`. @throws as `result`.
   */
  async batchResult(id: string, options: WaitOptions = {}): Promise<BatchResult> {
    return readBatchResult(this.temporal, () => this.upstream(), assertId(id), options);
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

  /** The address of a task's page in the Web UI; undefined when the UI is not known. */
  pageOf(id: string): string | undefined {
    const { namespace } = this.temporal.options;
    return this.uiUrl && `${this.uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}`;
  }

  async close(): Promise<void> {
    await this.temporal.connection.close();
  }

  private async upstream(): Promise<Upstream> {
    const emulated = needsEmulator(this.config);
    const emulatorUrl = emulated ? (await readEmbedded(this.config))?.emulatorUrl : undefined;
    // Without an address the official client would ask the real API for what the emulator has.
    if (emulated && !emulatorUrl)
      throw new UnreachableError('The answer is in the local emulator, and that does not run.', 'Run `npm start`.');
    return createUpstream(upstreamOptions(this.config, emulatorUrl));
  }
}
