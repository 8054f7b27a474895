/** The value below which this part of all values lies; the largest for 1, and no number for none. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export const largest = (values: readonly number[]): number => percentile(values, 1);
