/** The prices of a user: this package knows none. */
import { z } from 'zod';
import type { Prices } from '../contracts';
import { UsageError } from '../errors';

const price = z.number('expected US dollars for a million tokens').nonnegative();

const schema = z.strictObject({
  asOf: z.iso.date('expected the date of the prices, e.g. "2026-11-01"'),
  models: z.record(z.string(), z.strictObject({ input: price, cachedInput: price.optional(), output: price })),
});

/** What is wrong with prices, one line each. */
export function priceProblems(prices: unknown): string[] {
  const parsed = schema.safeParse(prices);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/**
 * Reads prices: `{ "asOf": "2026-11-01", "models": { "o3": { "input": 2, "cachedInput": 0.5, "output": 8 } } }`, in US
 * dollars for a million tokens.
 *
 * @param what How messages name the file.
 * @throws UsageError
 */
export function parsePrices(text: string, what = 'prices'): Prices {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError([`${what}: not valid JSON; see examples/prices.json`]);
  }
  const problems = priceProblems(value);
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${what}: ${problem}`));
  return value as Prices;
}
