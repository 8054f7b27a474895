/** A batch: many tasks, at most `concurrency` at once, results in input order. */
import type { Budget, UsageByModel } from './cost';
import type { PossibleOrphan, Priority, TaskError, TaskInput, TaskOptions, TaskOutcome, TaskResult } from './task';

/**
 * One line of the input: a task, or the reason why it is none. `customId` is a key of the user's own that can be no id:
 * any text of up to 512 characters. The record has it too, and no workflow knows it.
 */
export type BatchItem = { id: string; customId?: string } & (
  | { task: TaskInput; problem?: undefined }
  /** `line` counts from 1. */
  | { problem: { line: number; field: string; message: string }; task?: undefined }
);

/** How a batch is run; each can be left out. */
export interface BatchSettings {
  /** Tasks at once. Default 50, at most 500. */
  concurrency?: number;
  /** Options of every task that does not set its own. */
  options?: TaskOptions;
  /** When it is used up, nothing more is started. */
  budget?: Budget;
}

/** A batch as a program gives it to `startBatch`. */
export interface BatchPlan extends BatchSettings {
  items: Iterable<BatchItem> | AsyncIterable<BatchItem>;
}

/** The input of the `responseBatch` workflow: the items themselves are in the store, in pages. */
export interface BatchInput {
  /** Where they are in the store. */
  folder: string;
  /** In the order of starting. */
  pages: PageRef[];
  concurrency: number;
  budget?: Budget;
  /** The batch whose items are tried again. */
  retryOf?: string;
}

/** A page of the input: one file of the store, one child workflow. */
export interface PageRef {
  file: number;
  items: number;
  priority: Priority;
}

/** The result of one item. */
export interface BatchRecord {
  /** From 0, in input order. */
  index: number;
  id: string;
  /** The `custom_id` of its line where that could not be the id, else null. */
  customId: string | null;
  workflowId: string | null;
  responseId: string | null;
  status: TaskOutcome;
  priority: Priority;
  model: string | null;
  /** The answer's text; null when there is none, or when `resultOmitted`. */
  result: string | null;
  /** True when there is an answer that could not be had: fetch it by `responseId`. */
  resultOmitted: boolean;
  error: TaskError | null;
  /** Of the response that counts. Null when upstream did not say: unknown, not zero. */
  usage: TaskResult['usage'];
  /** From the task's start to its end. */
  seconds: number | null;
  startedAt: string | null;
  endedAt: string | null;
  polls: number;
  creates: number;
  /** Responses that failed and were tried again (`retryOn`), in their order. */
  retries: TaskResult['retries'];
  possibleOrphans: PossibleOrphan[];
  notCleaned: string[];
}

/** A record as the store has it: the answer lies beside it, and `customId` in the input. */
export interface StoredRecord extends Omit<BatchRecord, 'customId' | 'result' | 'resultOmitted'> {
  answer: { key: string } | { inline: string | null } | 'upstream' | null;
}

/** How far a batch, or one page of it, has come. Adds up. */
export interface Tally {
  counts: Partial<Record<TaskOutcome, number>>;
  byPriority: Partial<Record<Priority, number>>;
  usage: UsageByModel;
  /** Items that were started. */
  started: number;
  /** Lines that are no task. */
  badLines: number;
  /** Responses that were created again because of `retryOn`. */
  retries: number;
}

export type BatchStop = 'cancelled' | 'budget';

export interface BatchResult {
  batchId: string;
  /** `stopped` when the budget was used up; `lost` when the workflow was terminated or failed: see `lostBatchResult`. */
  status: 'completed' | 'cancelled' | 'stopped' | 'lost';
  /** Why it was stopped, in words. */
  reason: string | null;
  total: number;
  /** Items that were never started are counted as cancelled. */
  counts: Partial<Record<TaskOutcome, number>>;
  notStarted: number;
  usage: UsageByModel;
  /** Null when no prices were given. */
  costUsd: number | null;
  /** The date of the prices behind it. */
  pricesAsOf: string | null;
  retries: number;
  /** Pages whose workflow was terminated or failed: what they had not written down is `unknown`. */
  lostPages: number[];
  retryOf: string | null;
  seconds: number;
  /** All records in input order, when they are few, small and could be read at the end; else null: see `batch results`. */
  records: BatchRecord[] | null;
}

/** Where a batch stands, as its workflow knows it: open pages report in steps. */
export interface BatchState {
  batchId: string;
  total: number;
  startedAtMs: number;
  endedAtMs: number | null;
  paused: boolean;
  concurrency: number;
  budget: Budget | null;
  closed: Tally;
  open: { workflowId: string; tally: Tally }[];
  stop: { kind: BatchStop; reason: string } | null;
}

/** The answer of the `batchProgress` query. */
export interface BatchProgress {
  batchId: string;
  total: number;
  waiting: number;
  running: number;
  paused: boolean;
  concurrency: number;
  counts: Partial<Record<TaskOutcome, number>>;
  /** Ended tasks per second since the start. */
  tasksPerSecond: number;
  /** Null until one has ended. */
  secondsLeft: number | null;
  usage: UsageByModel;
  /** Null when no prices were given. */
  costUsd: number | null;
  budget: Budget | null;
  /** Pages at work, for whoever wants to look closer. */
  openPages: string[];
  stop: { kind: BatchStop; reason: string } | null;
}
