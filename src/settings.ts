/** Defaults and bounds of task options; used by the client at the door and by the workflow. */
import type { TaskOptions } from './contracts';

type Optional = 'maxQueuedSeconds' | 'tenant' | 'retryOn' | 'webhookReceiver' | 'allowKeysInPrompt';

/** As much as is read of an answer: a larger one ends the read. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Objects and lists in a request, one inside the other; code that follows them down would run out of stack. */
export const MAX_DEPTH = 100;

/** A reason for a cancel is for people to read, and is in each result. */
export const MAX_REASON_CHARS = 1_000;

/** Options with every default filled in. */
export type TaskSettings = Required<Omit<TaskOptions, Optional>> & Pick<TaskOptions, Optional>;

export const DEFAULT_SETTINGS: TaskSettings = {
  watch: 'poll',
  safetyNetSeconds: [900, 3600, 21_600, 86_400],
  pollIntervalsSeconds: [1, 2, 5, 10, 30, 60],
  inlineWaitSeconds: 5,
  maxWaitSeconds: 3600,
  onTimeout: 'cancel',
  onAmbiguousCreate: 'retry',
  priority: 'medium',
  labels: {},
  files: [],
  maxOutputBytes: MAX_OUTPUT_BYTES,
};

/** One year: a task may wait for a very long run, but not for ever. */
export const MAX_WAIT_LIMIT_SECONDS = 365 * 24 * 3600;
export const POLL_INTERVAL_LIMITS_SECONDS = { min: 0.1, max: 24 * 3600 };
/** Longer waits inside an activity would hold a worker's slot that a durable timer does not need. Less than a visit. */
export const INLINE_WAIT_LIMIT_SECONDS = 15;

/** Children at once; the server allows 2,000 pending ones, and advises no more than 500. */
export const MAX_CONCURRENCY = 500;
export const DEFAULT_CONCURRENCY = 50;

/** Fills in the defaults; `undefined` counts as left out. */
export function resolveSettings(options: TaskOptions = {}): TaskSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_SETTINGS, ...given };
}

/** The wait before look number `pollIndex`; the last interval repeats. */
export function pollInterval(intervals: number[], pollIndex: number): number {
  return intervals[Math.min(pollIndex, intervals.length - 1)] ?? 60;
}

/** After a failed look even the shortest interval waits this long: no hot loop against a server in trouble. */
const MIN_WAIT_AFTER_FAULT_SECONDS = 1;

/** The wait before the next look: the schedule, or what upstream asked for where that is longer. */
export function nextWaitSeconds(
  intervals: number[],
  at: { pollIndex: number; retryAfterSeconds: number | null; fault: unknown },
): number {
  const least = at.fault === null ? 0 : MIN_WAIT_AFTER_FAULT_SECONDS;
  return Math.max(pollInterval(intervals, at.pollIndex), at.retryAfterSeconds ?? 0, least);
}

const isNumberIn = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;

const { min, max } = POLL_INTERVAL_LIMITS_SECONDS;

const areIntervals = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every((s) => isNumberIn(s, min, max));

/** What is wrong with the options that control waiting, in words; empty when nothing is. */
export function waitingProblems(options: TaskOptions): string[] {
  const { pollIntervalsSeconds, safetyNetSeconds, maxWaitSeconds, maxQueuedSeconds, inlineWaitSeconds } = options;
  const problems: string[] = [];
  for (const [name, value] of Object.entries({ pollIntervalsSeconds, safetyNetSeconds })) {
    if (value !== undefined && !areIntervals(value)) {
      problems.push(`${name}: expected 1 to 100 numbers from ${min} to ${max} (seconds), e.g. [1, 2, 5]`);
    }
  }
  for (const [name, value] of Object.entries({ maxWaitSeconds, maxQueuedSeconds })) {
    if (value !== undefined && !isNumberIn(value, 1, MAX_WAIT_LIMIT_SECONDS)) {
      problems.push(`${name}: expected seconds from 1 to ${MAX_WAIT_LIMIT_SECONDS}`);
    }
  }
  if (inlineWaitSeconds !== undefined && !isNumberIn(inlineWaitSeconds, 0, INLINE_WAIT_LIMIT_SECONDS)) {
    problems.push(`inlineWaitSeconds: expected seconds from 0 to ${INLINE_WAIT_LIMIT_SECONDS}`);
  }
  return problems;
}
