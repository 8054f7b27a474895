/** How many responses were in flight, and when: pure, from the ledger. */
import type { CreateRow } from './ledger';

export interface InFlightPoint {
  atMs: number;
  /** From this moment until the next point. */
  count: number;
}

type Life = Pick<CreateRow, 'at' | 'endedAt'>;

/** A point for each moment at which the number changes. A response that ends at a moment is not counted at it. */
export function inFlight(creates: readonly Life[]): InFlightPoint[] {
  const changes = new Map<number, number>();
  const add = (atMs: number, by: number): void => void changes.set(atMs, (changes.get(atMs) ?? 0) + by);
  for (const { at, endedAt } of creates) {
    add(at, 1);
    if (endedAt !== null) add(endedAt, -1);
  }
  let count = 0;
  return [...changes]
    .filter(([, by]) => by !== 0)
    .sort(([a], [b]) => a - b)
    .map(([atMs, by]) => ({ atMs, count: (count += by) }));
}

/** The most that were in flight at one moment. */
export const maxInFlight = (creates: readonly Life[]): number =>
  inFlight(creates).reduce((most, { count }) => Math.max(most, count), 0);
