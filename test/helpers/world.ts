/** A Temporal server, the emulator and a worker, for tests of whole tasks. */
import { defineSearchAttributeKey, SearchAttributeType, type DataConverter } from '@temporalio/common';
import type { Client, WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator';
import type { Activities, CleanUpHook } from '../../src/activities';
import type { BatchPlan, BatchRecord, TaskInput, TaskOptions, TaskResult } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE, SEARCH_ATTRIBUTES } from '../../src/names';
import { batchReader } from '../../src/client/records';
import { readRecorded } from '../../src/client/read-batch';
import { startBatch } from '../../src/client/batch';
import { encryptedBlobs, encryptedDataConverter, type EncryptionSetting } from '../../src/security/data-converter';
import { folderStore, type BlobStore } from '../../src/store';
import { externalStorage } from '../../src/store/payloads';
import { createWorker } from '../../src/worker';
import { FAST_TIMERS } from '../../chaos/place/servers';
import { testServerPath, temporalCliPath } from './binaries';
import { CACHE } from './cache';

export const WORKFLOW_BUNDLE = { codePath: join(__dirname, '..', '..', 'lib', 'workflow-bundle.js') };

let runtimeInstalled = false;
function quietRuntime(): void {
  if (!runtimeInstalled) Runtime.install({ logger: new DefaultLogger('ERROR') });
  runtimeInstalled = true;
}

export interface World {
  env: TestWorkflowEnvironment;
  client: Client;
  emulator: Emulator;
  /** Decrypts; the one below does not. */
  store: BlobStore;
  /** For clients and workers: they encrypt what they put into it. */
  blobs: BlobStore;
  /** Starts a batch through the store, as the client does. */
  startBatch(plan: BatchPlan, id?: string, itemsPerPage?: number): Promise<WorkflowHandle>;
  /** What was written down of a batch, in input order. */
  recordsOf(id: string): Promise<BatchRecord[]>;
  /** Starts a task; its id is unique. */
  start(task: TaskInput, id?: string): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Starts a task from a prompt and a scenario. */
  ask(
    scenario: string,
    options?: TaskOptions,
    metadata?: Record<string, string>,
  ): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Runs with a worker until `body` is done; `activities` stand in for those of the package. */
  withWorker<T>(body: () => Promise<T>, activities?: Partial<Activities>): Promise<T>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Of the world's client and worker. Default off: tests look into histories. */
  encryption?: EncryptionSetting;
  emulator?: EmulatorOptions;
  cleanUp?: CleanUpHook;
  secrets?: (name: string) => string | undefined;
  callDeadlineMs?: number;
  streamIdleMs?: number;
  maxStreams?: number;
  maxRequestBytes?: number;
  /** Default: a folder that goes with the world. */
  blobs?: BlobStore;
  /** Workflows of a test's own beside those of the package. */
  workflowsPath?: string;
  /** Other code of the workflows than that of today. */
  workflowBundle?: { code: string };
  /** More dynamic configuration of the dev server, as `key=value`. */
  serverSettings?: string[];
}

let count = 0;
export const uniqueId = (name: string): string => `${name}-${process.pid}-${++count}`;

function makeWorld(env: TestWorkflowEnvironment, emulator: Emulator, options: WorldOptions, place: Place): World {
  const start: World['start'] = (task, id = uniqueId('task')) =>
    env.client.workflow.start('responseTask', { taskQueue: DEFAULT_TASK_QUEUE, workflowId: id, args: [task] });
  const { cleanUp, secrets, callDeadlineMs, streamIdleMs, maxStreams, maxRequestBytes, workflowsPath } = options;
  const { workflowBundle = WORKFLOW_BUNDLE } = options;
  const { blobs } = place;
  const store = encryptedBlobs(blobs, options.encryption ?? 'off');
  const noUpstream = () => Promise.reject(new Error('This test has no upstream to fetch answers from.'));
  return {
    env,
    client: env.client,
    emulator,
    store,
    blobs,
    startBatch: async (plan, id = uniqueId('batch'), itemsPerPage) => {
      const context = { client: env.client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true, store };
      await startBatch(context, plan, { id, random: 'test', itemsPerPage });
      return env.client.workflow.getHandle(id);
    },
    recordsOf: async (id) => {
      const reader = batchReader(store, noUpstream, await readRecorded(env.client, id));
      const records: BatchRecord[] = [];
      for await (const record of reader.records()) records.push(record);
      return records;
    },
    start,
    ask: (scenario, taskOptions, metadata) =>
      start({
        request: {
          model: 'o3',
          input: `A prompt for ${scenario}.`,
          metadata: { emulator_scenario: scenario, ...metadata },
        },
        options: taskOptions,
      }),
    withWorker: async (body, activities) => {
      const worker = await createWorker({
        connection: env.nativeConnection,
        namespace: env.namespace ?? 'default',
        encryption: options.encryption ?? 'off',
        openai: { apiKey: 'sk-test', baseURL: emulator.url, callDeadlineMs, streamIdleMs },
        maxStreams,
        ...CACHE.worker,
        cleanUp,
        secrets,
        store: blobs,
        maxRequestBytes,
        worker: {
          ...(workflowsPath ? { workflowsPath } : { workflowBundle }),
          shutdownGraceTime: '1s',
          ...(activities ? { activities } : {}),
        },
      });
      return worker.runUntil(body);
    },
    close: async () => {
      await emulator.close();
      await env.teardown();
      place.remove();
    },
  };
}

interface Place {
  /** As it is: the worker encrypts what it puts into it. */
  blobs: BlobStore;
  client: { dataConverter: DataConverter };
  remove(): void;
}

function makePlace({ encryption = 'off', blobs }: WorldOptions): Place {
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-store-'));
  const own = blobs ?? folderStore(folder);
  const dataConverter = encryptedDataConverter(encryption, 'default', { externalStorage: externalStorage(own) });
  return { blobs: own, client: { dataConverter }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Time passes as fast as it can; the emulator has the server's clock. Tasks need `inlineWaitSeconds: 0`. */
export async function skippingWorld(options: WorldOptions = {}): Promise<World> {
  quietRuntime();
  const executable = { type: 'existing-path' as const, path: await testServerPath() };
  const place = makePlace(options);
  const { client } = place;
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable }, client });
  const emulator = await startEmulator({ clock: { now: () => env.currentTimeMs() }, ...options.emulator });
  return makeWorld(env, emulator, options, place);
}

/** A real dev server with quick timers and the search attributes. */
export async function devServerWorld(options: WorldOptions = {}): Promise<World> {
  quietRuntime();
  const executable = { type: 'existing-path' as const, path: await temporalCliPath() };
  const place = makePlace(options);
  const searchAttributes = Object.keys(SEARCH_ATTRIBUTES).map((name) =>
    defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
  );
  const settings = (options.serverSettings ?? []).flatMap((setting) => ['--dynamic-config-value', setting]);
  const env = await TestWorkflowEnvironment.createLocal({
    server: { executable, searchAttributes, extraArgs: [...FAST_TIMERS, ...settings] },
    client: place.client,
  });
  return makeWorld(env, await startEmulator(options.emulator), options, place);
}

/** Runs a worker until `stop`. */
export function keepWorking(world: World): { stop: () => Promise<void> } {
  let end: () => void = () => undefined;
  const working = world.withWorker(() => new Promise<void>((resolve) => (end = resolve)));
  // A worker that could not start is told by the tests that wait for it; this one at the end.
  working.catch(() => undefined);
  return {
    stop: () => {
      end();
      return working;
    },
  };
}

/** What a task ended with, whichever way it was closed. */
export async function endOf(handle: WorkflowHandle): Promise<{ result: TaskResult; execution: string }> {
  const result = (await handle.result().catch(() => handle.query('taskResult'))) as TaskResult;
  return { result, execution: (await handle.describe()).status.name };
}

/** The responses that upstream would still go on with, and be paid for. */
export async function stillRunning(emulator: Emulator): Promise<string[]> {
  const statuses = await emulator.statuses();
  return Object.keys(statuses).filter(
    (id) => !['completed', 'failed', 'incomplete', 'cancelled'].includes(statuses[id] ?? ''),
  );
}

/** Rows of the ledger for one task. */
export function callsOf(emulator: Emulator, taskId: string, op: string) {
  return emulator.ledger().calls.filter((call) => call.task === taskId && call.op === op);
}

export const createsOf = (emulator: Emulator, taskId: string) =>
  emulator.ledger().creates.filter(({ metadata }) => metadata.task_id === taskId);
