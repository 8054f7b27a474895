/** How many responses were in flight at each moment, out of the ledger. */
import type { Ledger } from '../../emulator';

export interface Span {
  from: number;
  to: number;
}

/**
 * From each create until upstream was done with it, by its end or by a cancel.
 * @param own Ids of the responses that count: an orphan takes no slot of the window.
 */
export function spansUpstream({ creates }: Ledger, own: ReadonlySet<string>): Map<string, Span> {
  const counted = creates.filter(({ id }) => own.has(id));
  return new Map(counted.map(({ id, at, endedAt }) => [id, { from: at, to: endedAt ?? Infinity }]));
}

/** From each create until a look saw the end: until then its task has a slot of the window. */
export function spansHeld(ledger: Ledger, upstream: ReadonlyMap<string, Span>): Span[] {
  const seen = new Map<string, number>();
  for (const { op, id, at, status } of ledger.calls) {
    const span = upstream.get(id ?? '');
    if (!span || id === null || status !== 200 || !['retrieve', 'cancel'].includes(op) || at < span.to) continue;
    seen.set(id, Math.min(at, seen.get(id) ?? Infinity));
  }
  return [...upstream].map(([id, { from, to }]) => ({ from, to: seen.get(id) ?? to }));
}

export interface WindowFigures {
  most: number;
  /** Lowest of the same time; null when the window was never full. */
  least: number | null;
  /** From the first full window to the last create: the part of the time with at least 90 % of the window in flight. */
  fullShare: number;
  /** The mean of the same time, as a part of the window. */
  meanShare: number;
}

/**
 * @param window What may be in flight at once.
 * @param pauses Spans that are left out: a killed worker or server starts nothing.
 */
export function windowOf(all: readonly Span[], window: number, pauses: readonly Span[] = []): WindowFigures {
  const steps = all.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  steps.sort((a, b) => a.at - b.at || a.by - b.by);
  const lastCreate = all.reduce((last, { from }) => Math.max(last, from), 0);
  const isPaused = (at: number) => pauses.some(({ from, to }) => at >= from && at < to);
  let [count, most, least, full, total, weighted, began] = [0, 0, Infinity, 0, 0, 0, false];
  for (const [i, { at, by }] of steps.entries()) {
    count += by;
    most = Math.max(most, count);
    began ||= count >= 0.9 * window;
    const until = Math.min(steps[i + 1]?.at ?? at, lastCreate);
    const ms = began && until > at && !isPaused(at) ? until - at : 0;
    total += ms;
    if (ms > 0) least = Math.min(least, count);
    weighted += ms * count;
    if (count >= 0.9 * window) full += ms;
  }
  if (total === 0) return { most, least: null, fullShare: 0, meanShare: 0 };
  return { most, least, fullShare: full / total, meanShare: weighted / total / window };
}
