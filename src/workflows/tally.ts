/** Bookkeeping of batches. Pure. */
import type {
  BatchProgress,
  BatchState,
  Budget,
  BudgetShares,
  StoredRecord,
  Tally,
  TaskOutcome,
  UsageByModel,
} from '../contracts';
import { costUsd } from '../cost/cost';
import { addUsage, mergeUsage, totalTokens } from '../cost/usage';

export const emptyTally = (): Tally => ({ counts: {}, byPriority: {}, usage: {}, started: 0, badLines: 0, retries: 0 });

function add<K extends string>(into: Partial<Record<K, number>>, key: K, count = 1): void {
  into[key] = (into[key] ?? 0) + count;
}

type Counted = Pick<StoredRecord, 'status' | 'priority' | 'retries' | 'model' | 'responseId' | 'usage'>;

/** Takes a record into a tally. Every response that was paid for counts, those that were tried again too. */
export function countRecord(tally: Tally, record: Counted): void {
  add(tally.counts, record.status);
  add(tally.byPriority, record.priority);
  tally.retries += record.retries.length;
  const model = record.model ?? 'unknown';
  for (const { usage } of record.retries) tally.usage = addUsage(tally.usage, model, usage);
  if (record.responseId !== null) tally.usage = addUsage(tally.usage, model, record.usage);
}

export function mergeTallies(tallies: readonly Tally[]): Tally {
  const all = emptyTally();
  for (const { counts, byPriority, usage, started, badLines, retries } of tallies) {
    for (const [status, count] of Object.entries(counts)) add(all.counts, status as TaskOutcome, count);
    for (const [priority, count] of Object.entries(byPriority)) add(all.byPriority, priority as 'high', count);
    all.usage = mergeUsage(all.usage, usage);
    all.started += started;
    all.badLines += badLines;
    all.retries += retries;
  }
  return all;
}

export const endedOf = ({ counts }: Tally): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

export function costOf(usage: UsageByModel, budget: Budget | null | undefined): number | null {
  return budget?.prices ? costUsd(usage, budget.prices).usd : null;
}

export function sharesOfBudget(usage: UsageByModel, budget: Budget | null | undefined): BudgetShares {
  return {
    tokens: budget?.maxTokens ? totalTokens(usage) / budget.maxTokens : 0,
    cost: budget?.maxCostUsd ? (costOf(usage, budget) ?? 0) / budget.maxCostUsd : 0,
  };
}

/** Of the limit that is nearer. They add up only apart: a sum of these may be of both. */
export const largerShare = ({ tokens, cost }: BudgetShares): number => Math.max(tokens, cost);

/** The answer of `batchProgress`. */
export function progressOf(state: BatchState, nowMs: number): BatchProgress {
  const tally = mergeTallies([state.closed, ...state.open.map((page) => page.tally)]);
  const { counts, usage, started, badLines } = tally;
  const ended = endedOf(tally);
  const seconds = Math.max(0.001, ((state.endedAtMs ?? nowMs) - state.startedAtMs) / 1000);
  // Lines that are no task took no time, so they say nothing about the rate.
  const worked = ended - badLines;
  const left = state.total - ended;
  const running = state.endedAtMs === null ? Math.max(0, started - worked) : 0;
  return {
    batchId: state.batchId,
    total: state.total,
    waiting: Math.max(0, left - running),
    running,
    paused: state.paused,
    concurrency: state.concurrency,
    counts,
    tasksPerSecond: worked / seconds,
    secondsLeft: worked === 0 || state.endedAtMs !== null ? null : Math.round((left * seconds) / worked),
    usage,
    costUsd: costOf(usage, state.budget),
    budget: state.budget,
    openPages: state.open.map(({ workflowId }) => workflowId),
    stop: state.stop,
  };
}
