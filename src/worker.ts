/** A worker with the workflows and activities of this package; exported for programs that run their own. */
import { defaultPayloadConverter, type DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createActivities, type ActivityOptions } from './activities';
import { UsageError } from './errors';
import { DEFAULT_STORE_DIR, DEFAULT_TASK_QUEUE } from './names';
import { lostPayloadInterceptors } from './activities/lost-payloads';
import { lostPayload } from './lost-payload';
import { secretsInFolder } from './secrets/folder';
import type { SecretProvider } from './secrets/values';
import { encryptedBlobs, encryptedDataConverter, LOST_PAYLOADS_PATH } from './security/data-converter';
import type { EncryptionSetting } from './security/data-converter';
import { folderStore, type BlobStore } from './store';
import { externalStorage } from './store/payloads';
import { besideStreams, DEFAULT_MAX_STREAMS } from './worker-streams';

export { createActivities, encryptedBlobs, encryptedDataConverter, externalStorage, LOST_PAYLOADS_PATH };
export { secretsInFolder };
export type { ActivityOptions, EncryptionSetting, SecretProvider };

/** The bundle that the build makes; a worker starts in a second with it, and in three without. */
export const WORKFLOW_BUNDLE = join(__dirname, '..', 'workflow-bundle.js');

const DEFAULT_NAMESPACE = 'default';

export interface DurableWorkerOptions extends ActivityOptions {
  connection: NativeConnection;
  namespace?: string;
  taskQueue?: string;
  /** As the clients that start tasks have it: `client.server.encryption`, keys of your own, or `off`. */
  encryption: EncryptionSetting;
  /** Activities at once. Default 1,000. */
  maxActivities?: number;
  /** Streams followed at once (`watch: 'stream'` and `'auto'`). They have slots of their own. Default 200. */
  maxStreams?: number;
  /** Workflows kept in memory, about 0.3 MB each. Default 1,000. */
  maxCachedWorkflows?: number;
  /** More options of the SDK's worker; your own `workflowsPath` replaces the bundle, your `activities` are added. */
  worker?: Partial<WorkerOptions>;
}

function workflowsOf({ workflowsPath, workflowBundle }: Partial<WorkerOptions>): Partial<WorkerOptions> {
  if (workflowsPath) return { workflowsPath };
  if (workflowBundle) return { workflowBundle };
  if (existsSync(WORKFLOW_BUNDLE)) return { workflowBundle: { codePath: WORKFLOW_BUNDLE } };
  throw new Error(`The workflow bundle ${WORKFLOW_BUNDLE} is missing: run \`npm run build\`.`);
}

/**
 * Makes a worker for thousands of tasks that mostly sleep. Call `run()` on it, or `runUntil()`.
 *
 * - Activities at once: a create or look of about 20 s holds a slot while it sleeps between looks, so slots are many;
 *   each costs a timer and a few kB, not a thread.
 * - Workflows in memory: a sleeping one costs 0.3 MB, and one that fell out is replayed from its short history.
 * - Sticky queue 5 s: a task that was waiting in a timer goes on that soon after its worker was killed (10 s by default).
 *   With 1 s, a burst of ends would be queued anew and replayed from the start.
 * - Grace 30 s: a create under way gets its id home before the worker goes; waiting looks come back at once. Upstream
 *   runs are never cancelled by a shutdown.
 * - Payloads are encrypted with the first of the keys, for the namespace; your `worker.dataConverter` stays before it.
 * - Payloads over 256 KiB lie in the store. One that is lost there becomes a failure (`PayloadLost`), never a workflow
 *   task that fails for ever; a store that does not answer is waited for.
 * - Streams: a second worker of the SDK on a task queue of its own, which runs and ends with this one.
 *
 * @throws UsageError for keys that are none.
 */
export async function createWorker(options: DurableWorkerOptions): Promise<Worker> {
  const { maxStreams = DEFAULT_MAX_STREAMS, worker = {}, encryption, store = folderStore(DEFAULT_STORE_DIR) } = options;
  const dataConverter = converterOf(options, store);
  const own = createActivities({ ...options, store: encryptedBlobs(store, encryption) });
  const all: WorkerOptions = {
    ...optionsOf(options),
    ...worker,
    ...workflowsOf(worker),
    activities: { ...own, ...worker.activities },
    dataConverter,
    interceptors: withLostPayloads(worker),
  };
  const plugins = [...(worker.plugins ?? []), besideStreams(all, maxStreams)];
  return Worker.create({ ...all, plugins });
}

/** The bundle of the build has those of workflows; one that the SDK makes of `workflowsPath` gets them here. */
function withLostPayloads({ interceptors = {} }: Partial<WorkerOptions>): WorkerOptions['interceptors'] {
  return {
    ...interceptors,
    workflowModules: [...(interceptors.workflowModules ?? []), LOST_PAYLOADS_PATH],
    activity: [...(interceptors.activity ?? []), lostPayloadInterceptors],
  };
}

/** A lost payload must not fail a workflow task again and again: the interceptors make a failure of what stands for it. */
const storageOf = (store: BlobStore) =>
  externalStorage(store, ({ message }) => defaultPayloadConverter.toPayload(lostPayload(message)));

/** Who calls it without types should not find out by what is in the histories. */
function converterOf(options: DurableWorkerOptions, store: BlobStore): DataConverter {
  const { encryption, namespace = DEFAULT_NAMESPACE, worker } = options;
  if (encryption === undefined) {
    throw new UsageError(["encryption: not given; pass `client.server.encryption`, keys of your own, or 'off'"]);
  }
  const base = { externalStorage: storageOf(store), ...worker?.dataConverter };
  return encryptedDataConverter(encryption, worker?.namespace ?? namespace, base);
}

function optionsOf(options: DurableWorkerOptions): WorkerOptions {
  const { connection, namespace, taskQueue, maxActivities = 1000, maxCachedWorkflows = 1000 } = options;
  return {
    connection,
    namespace: namespace ?? DEFAULT_NAMESPACE,
    taskQueue: taskQueue ?? DEFAULT_TASK_QUEUE,
    maxConcurrentActivityTaskExecutions: maxActivities,
    maxCachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: Math.min(40, maxCachedWorkflows),
    // What a lost worker leaves is taken over after it; the SDK's 10 s is twice as long.
    stickyQueueScheduleToStartTimeout: '5s',
    // Cancels reach activities with the answer to a heartbeat: at most this late.
    maxHeartbeatThrottleInterval: '3s',
    shutdownGraceTime: '30s',
    // Two calls upstream can be under way; after this the worker gives up and its exit code says so.
    shutdownForceTime: '75s',
  };
}
