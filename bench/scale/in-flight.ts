/** How many responses were in flight at each moment, out of the ledger. */
import type { Ledger } from '../../emulator';

/** When each response began and ended upstream. */
function spans({ creates, cancels }: Ledger): { from: number; to: number }[] {
  const cancelled = new Map(cancels.filter(({ status }) => status === 200).map(({ id, at }) => [id, at]));
  return creates.map(({ id, at, metadata }) => {
    const seconds = Number(metadata.emulator_queued_seconds ?? 0) + Number(metadata.emulator_run_seconds ?? 0);
    const endless = metadata.emulator_scenario?.startsWith('stuck') ?? false;
    const end = endless ? Infinity : at + seconds * 1000;
    return { from: at, to: Math.min(end, cancelled.get(id) ?? Infinity) };
  });
}

export interface WindowFigures {
  most: number;
  /** From the first full window to the last create: the part of the time with at least 90 % of the window in flight. */
  fullShare: number;
  /** The mean of the same time, as a part of the window. */
  meanShare: number;
}

/**
 * @param window What may be in flight at once.
 * @param pauses Spans that are left out: a killed worker or server starts nothing.
 */
export function windowOf(ledger: Ledger, window: number, pauses: { from: number; to: number }[] = []): WindowFigures {
  const all = spans(ledger);
  const steps = all.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  steps.sort((a, b) => a.at - b.at || a.by - b.by);
  const lastCreate = Math.max(...all.map(({ from }) => from));
  const isPaused = (at: number) => pauses.some(({ from, to }) => at >= from && at < to);
  let [count, most, full, total, weighted, began] = [0, 0, 0, 0, 0, false];
  for (const [i, { at, by }] of steps.entries()) {
    count += by;
    most = Math.max(most, count);
    began ||= count >= 0.9 * window;
    const until = Math.min(steps[i + 1]?.at ?? at, lastCreate);
    const ms = began && until > at && !isPaused(at) ? until - at : 0;
    total += ms;
    weighted += ms * count;
    if (count >= 0.9 * window) full += ms;
  }
  return { most, fullShare: total === 0 ? 0 : full / total, meanShare: total === 0 ? 0 : weighted / total / window };
}
