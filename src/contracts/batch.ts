/** A batch: many tasks, at most `concurrency` at once, results in input order. */
import type { TaskError, TaskInput, TaskOptions, TaskOutcome, TaskResult } from './task';

/** One line of the input: a task, or the reason why it is none. */
export type BatchItem = { id: string } & (
  | { task: TaskInput; problem?: undefined }
  /** `line` counts from 1. */
  | { problem: { line: number; field: string; message: string }; task?: undefined }
);

/** The input of the `responseBatch` workflow. */
export interface BatchInput {
  items: BatchItem[];
  /** Tasks at once. Default 50. */
  concurrency?: number;
  /** Options of every task that does not set its own. */
  options?: TaskOptions;
}

/** The result of one item. */
export interface BatchRecord {
  /** From 0, in input order. */
  index: number;
  id: string;
  workflowId: string | null;
  responseId: string | null;
  status: TaskOutcome;
  /** The answer's text; null when there is none, or when `resultOmitted`. */
  result: string | null;
  /** True when the answer was too large to be carried by the batch: fetch it by `responseId`. */
  resultOmitted: boolean;
  error: TaskError | null;
  usage: TaskResult['usage'];
  /** From the task's start to its end. */
  seconds: number | null;
  polls: number;
  creates: number;
  possibleOrphans: TaskResult['possibleOrphans'];
  notCleaned: string[];
}

export interface BatchResult {
  batchId: string;
  status: 'completed' | 'cancelled';
  counts: Partial<Record<TaskOutcome, number>>;
  records: BatchRecord[];
}

/** The answer of the `batchProgress` query. */
export interface BatchProgress {
  batchId: string;
  total: number;
  waiting: number;
  running: string[];
  counts: Partial<Record<TaskOutcome, number>>;
  /** Ended tasks per second since the start. */
  tasksPerSecond: number;
  /** Null until one has ended. */
  secondsLeft: number | null;
  tokens: { total: number; unknownFor: number };
  cancelReason: string | null;
}
