/** What is under way when something is killed: one task, or a batch; and what it came to. */
import type { WorkflowHandle } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time';
import type { CallRow, Ledger } from '../../emulator';
import { startBatch } from '../../src/client/batch';
import { readBatchResult, readTaskResult } from '../../src/client/read';
import { readRecorded } from '../../src/client/read-batch';
import { batchReader } from '../../src/client/records';
import { startTaskWorkflow } from '../../src/client/start';
import type { BatchRecord, PossibleOrphan, TaskOptions, TaskOutcome, TaskResult } from '../../src/contracts';
import { until } from '../../src/embedded/processes';
import { pageWorkflowId } from '../../src/names';
import { createUpstream } from '../../src/upstream';
import type { Place } from '../place';

export interface Work {
  /** Default: one task. */
  batchOf?: number;
  options?: TaskOptions;
  /** Of each run upstream. */
  seconds: number;
  /** Of the answer; the emulator's own size when left out. */
  outputBytes?: number;
  /** It is cancelled after the first look. */
  isCancelled?: boolean;
  endsAs: TaskOutcome;
}

/** How one task ended. */
export interface End {
  taskId: string;
  status: TaskOutcome;
  responseId: string | null;
  retries: TaskResult['retries'];
  possibleOrphans: PossibleOrphan[];
  notCleaned: string[];
  text: string | null;
}

/** So long may a run need after its fault: heartbeat, sticky queue, backoff, and a machine that is busy. */
const END_MS = 180_000;
const LOOK_MS = 60_000;

const requestOf = (id: string, { seconds, outputBytes }: Work) => ({
  model: 'o3',
  input: `Prompt of ${id}.`,
  metadata: {
    emulator_queued_seconds: '0',
    emulator_run_seconds: String(seconds),
    ...(outputBytes === undefined ? {} : { emulator_output_bytes: String(outputBytes) }),
  },
});

export const isOf =
  (id: string) =>
  (taskId: string | null | undefined): boolean =>
    taskId === id || taskId?.startsWith(`${id}/`) === true;

export async function callsOf({ fromEmulator }: Place, id: string): Promise<CallRow[]> {
  const { calls } = await fromEmulator<Ledger>('ledger');
  return calls.filter(({ task }) => isOf(id)(task));
}

/** Starts it on a task queue. */
export async function begin(place: Place, id: string, work: Work, taskQueue: string): Promise<void> {
  const { client, store } = place;
  const context = { client, taskQueue, searchAttributes: true, store };
  const { batchOf, options } = work;
  if (batchOf === undefined) {
    await startTaskWorkflow(context, id, { request: requestOf(id, work), options });
    return;
  }
  const items = Array.from({ length: batchOf }, (_, i) => ({
    id: `i${i}`,
    task: { request: requestOf(`${id}/i${i}`, work), options },
  }));
  await startBatch(context, { items, concurrency: batchOf }, { id, random: 'chaos' });
}

/** Cancels it once it has been looked at. */
export async function cancelWhenSeen(place: Place, id: string): Promise<void> {
  const isSeen = async () => (await callsOf(place, id)).some(({ op }) => op === 'retrieve' || op === 'stream');
  if (!(await until(isSeen, LOOK_MS))) throw new Error(`${id}: was never looked at.`);
  await place.client.workflow.getHandle(id).signal('cancelTask', 'wanted by the test');
}

const endOfRecord = (record: BatchRecord): End => ({
  ...record,
  taskId: record.workflowId ?? '',
  text: record.result,
});

async function batchEnds(place: Place, id: string): Promise<End[]> {
  await readBatchResult(place.client, id, { timeoutMs: END_MS });
  const noUpstream = () => Promise.reject(new Error('Every answer is in the store.'));
  const ends: End[] = [];
  const reader = batchReader(place.store, noUpstream, await readRecorded(place.client, id));
  for await (const record of reader.records()) ends.push(endOfRecord(record));
  return ends;
}

/** Waits for its end. @throws Error when there is none. */
export async function endsOf(place: Place, id: string, work: Work): Promise<End[]> {
  if (work.batchOf !== undefined) return batchEnds(place, id);
  const upstream = createUpstream({ apiKey: 'sk-chaos', baseURL: place.emulatorUrl });
  const result = await readTaskResult(place.client, place.store, () => Promise.resolve(upstream), id, {
    timeoutMs: END_MS,
  });
  return [{ ...result, text: result.outputText }];
}

type HistoryEvents = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

/** The events of all runs of a workflow, the latest run first. */
async function* eventsOf({ client }: Place, workflowId: string) {
  let runId: string | undefined;
  do {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const events: HistoryEvents = history.events ?? [];
    yield* events;
    runId = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  } while (runId !== undefined);
}

/** When workers answered a workflow task of it; of a batch: of its page. */
async function answeredMs(place: Place, id: string, { batchOf }: Work): Promise<number[]> {
  const times: number[] = [];
  const workflowId = batchOf === undefined ? id : pageWorkflowId(id, 0);
  for await (const { eventTime, workflowTaskCompletedEventAttributes: step } of eventsOf(place, workflowId))
    if (step) times.push(optionalTsToMs(eventTime) ?? 0);
  return times;
}

/** When, after a moment, a worker did the next thing for it: it answered a workflow task, or called upstream. */
export async function nextStepMs(place: Place, id: string, work: Work, afterMs: number): Promise<number | null> {
  const calls = (await callsOf(place, id)).map(({ at }) => at);
  const steps = [...calls, ...(await answeredMs(place, id, work))].filter((at) => at > afterMs);
  return steps.length === 0 ? null : Math.min(...steps);
}
