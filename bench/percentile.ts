/** The value below which this part of all values lies; the largest for 1, and no number for none. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export const largest = (values: readonly number[]): number => percentile(values, 1);

/** The median of each figure. */
export function medians<T extends object>(rounds: readonly T[]): T {
  const keys = Object.keys(rounds[0] ?? {}) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((figures) => Number(figures[key])))])) as T;
}
