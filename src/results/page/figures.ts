/** What a page says of all records together, gathered while they pass. */
import type { BatchRecord, TaskOutcome } from '../../contracts';
import { orphanText } from '../../contracts/describe';

/** A table of more of them helps nobody; the table of all records has them too. */
export const MAX_FAILURES_SHOWN = 200;

export interface Failure {
  index: number;
  /** The user's own key. */
  id: string;
  status: TaskOutcome;
  responseId: string | null;
  code: string;
  message: string;
}

export interface Figures {
  /** From start to end, of every task that was started. */
  seconds: number[];
  /** Output tokens of each response whose usage is known. */
  outputTokens: number[];
  /** The first start; Infinity when nothing was started. */
  startMs: number;
  /** Ends, as times in ms. */
  ended: { atMs: number; completed: boolean }[];
  /** Those to be shown; `failed` counts all. */
  failures: Failure[];
  failed: number;
  /** How often each error was. */
  codes: Map<string, number>;
}

export const noFigures = (): Figures => ({
  seconds: [],
  outputTokens: [],
  startMs: Infinity,
  ended: [],
  failures: [],
  failed: 0,
  codes: new Map(),
});

/** What a person has to look after, although the task may have completed. */
function leftOf({ notCleaned, possibleOrphans }: BatchRecord): string[] {
  const orphans = possibleOrphans.map((orphan) => `possible orphan: ${orphanText(orphan)}`);
  return [...notCleaned.map((left) => `not cleaned: ${left}`), ...orphans];
}

/** Takes one record in. */
export function addRecord(figures: Figures, record: BatchRecord): void {
  const { status, error, seconds, usage, startedAt, endedAt, index, customId, responseId } = record;
  const completed = status === 'completed';
  if (seconds !== null) figures.seconds.push(seconds);
  if (usage) figures.outputTokens.push(usage.output_tokens);
  // What was never started has no place in time.
  if (startedAt !== null) figures.startMs = Math.min(figures.startMs, Date.parse(startedAt));
  if (startedAt !== null && endedAt !== null) figures.ended.push({ atMs: Date.parse(endedAt), completed });
  const left = leftOf(record);
  if (completed && left.length === 0) return;
  const code = error?.code ?? (completed ? 'left behind' : status);
  figures.failed++;
  figures.codes.set(code, (figures.codes.get(code) ?? 0) + 1);
  if (figures.failures.length >= MAX_FAILURES_SHOWN) return;
  const message = [error?.message ?? '', ...left].filter(Boolean).join(' · ');
  figures.failures.push({ index, id: customId ?? record.id, status, responseId, code, message });
}

const MAX_POINTS = 300;

/** How many had ended by when, in seconds since `startMs`: at most 300 points. */
export function endedOver(atMs: readonly number[], startMs: number): [number, number][] {
  const sorted = [...atMs].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(sorted.length / MAX_POINTS));
  const points: [number, number][] = [[0, 0]];
  for (const [i, ms] of sorted.entries()) {
    if ((i + 1) % every === 0 || i === sorted.length - 1) points.push([Math.max(0, (ms - startMs) / 1000), i + 1]);
  }
  return points;
}
