/** What a running batch knows: pure bookkeeping over its records. */
import type {
  BatchInput,
  BatchItem,
  BatchProgress,
  BatchRecord,
  BatchResult,
  TaskError,
  TaskOutcome,
  TaskResult,
} from '../contracts';

export interface Batch {
  readonly batchId: string;
  readonly items: BatchItem[];
  readonly concurrency: number;
  readonly startedAtMs: number;
  /** By index; absent while the item waits or runs. */
  records: (BatchRecord | undefined)[];
  /** Item id -> workflow id. */
  running: Map<string, string>;
  stop: { by: 'signal' | 'temporal'; reason: string } | null;
  done: boolean;
}

export const DEFAULT_CONCURRENCY = 50;

/** All records of a small batch travel in one payload of at most 2 MB; this is what their answers may take of it. */
const INLINE_ANSWER_BYTES = 1_200_000;

export function openBatch(input: BatchInput, batchId: string, nowMs: number): Batch {
  return {
    batchId,
    items: input.items,
    concurrency: input.concurrency ?? DEFAULT_CONCURRENCY,
    startedAtMs: nowMs,
    records: new Array<BatchRecord | undefined>(input.items.length).fill(undefined),
    running: new Map(),
    stop: null,
    done: false,
  };
}

/** The share of one item: a larger answer stays upstream and is fetched by the client. */
export const answerBytesPerItem = (items: number): number => Math.floor(INLINE_ANSWER_BYTES / Math.max(1, items));

function emptyRecord(index: number, id: string, status: TaskOutcome, error: TaskError | null): BatchRecord {
  return {
    index,
    id,
    workflowId: null,
    responseId: null,
    status,
    result: null,
    resultOmitted: false,
    error,
    usage: null,
    seconds: null,
    polls: 0,
    creates: 0,
    possibleOrphans: [],
    notCleaned: [],
  };
}

/** A record for an item that gave no result: refused, never started, or lost with its workflow. */
export function recordWithout(
  index: number,
  item: BatchItem,
  status: TaskOutcome,
  error: TaskError | null,
): BatchRecord {
  return emptyRecord(index, item.id, status, error);
}

export function recordOf(
  index: number,
  item: BatchItem,
  result: TaskResult,
  startedAtMs: number,
  nowMs: number,
): BatchRecord {
  const { taskId, responseId, status, outputText, outputOmitted, error, incompleteReason, usage } = result;
  const { polls, creates, possibleOrphans, notCleaned } = result;
  const incomplete = incompleteReason ? { code: 'incomplete', message: incompleteReason } : null;
  return {
    index,
    id: item.id,
    workflowId: taskId,
    responseId,
    status,
    result: outputText,
    resultOmitted: outputOmitted,
    error: error ?? incomplete,
    usage,
    seconds: Math.round((nowMs - startedAtMs) / 10) / 100,
    polls,
    creates,
    possibleOrphans,
    notCleaned,
  };
}

function countsOf(records: BatchRecord[]): Partial<Record<TaskOutcome, number>> {
  const counts: Partial<Record<TaskOutcome, number>> = {};
  for (const { status } of records) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const ended = (batch: Batch): BatchRecord[] => batch.records.filter((record) => record !== undefined);

export function progressOf(batch: Batch, nowMs: number): BatchProgress {
  const records = ended(batch);
  const seconds = Math.max(0.001, (nowMs - batch.startedAtMs) / 1000);
  // Items refused at the door took no time, so they say nothing about the rate.
  const worked = records.filter((record) => record.workflowId !== null).length;
  const left = batch.items.length - records.length;
  return {
    batchId: batch.batchId,
    total: batch.items.length,
    waiting: left - batch.running.size,
    running: [...batch.running.keys()],
    counts: countsOf(records),
    tasksPerSecond: worked / seconds,
    secondsLeft: worked === 0 ? null : Math.round((left * seconds) / worked),
    tokens: {
      total: records.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0),
      unknownFor: records.filter(({ usage, creates }) => creates > 0 && !usage).length,
    },
    cancelReason: batch.stop?.reason ?? null,
  };
}

export function resultOf(batch: Batch): BatchResult {
  const records = ended(batch);
  return { batchId: batch.batchId, status: batch.stop ? 'cancelled' : 'completed', counts: countsOf(records), records };
}

/** Current Details in markdown. */
export function describeBatch(batch: Batch, nowMs: number): string {
  const { total, waiting, running, counts, tokens, secondsLeft } = progressOf(batch, nowMs);
  const finished = Object.entries(counts).map(([status, count]) => `- ${status}: ${count}`);
  return [
    `**${total - waiting - running.length} of ${total}** ended`,
    '',
    ...finished,
    `- running: ${running.length}, waiting: ${waiting}`,
    `- tokens: ${tokens.total}${tokens.unknownFor > 0 ? ` (not known for ${tokens.unknownFor})` : ''}`,
    ...(batch.done || secondsLeft === null ? [] : [`- time left: about ${secondsLeft} s`]),
    ...(batch.stop ? [`- cancelled: ${batch.stop.reason}`] : []),
  ].join('\n');
}
