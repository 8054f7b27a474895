/** What tokens cost at the user's prices. Pure: workflows use it. */
import type { ModelPrice, Prices, UsageByModel } from '../contracts';

const DATED = /^(.+)-\d{4}-\d{2}-\d{2}$/;

/** The price of a model, or of the model that it is a dated version of (`o3-2025-04-16` of `o3`). */
export function priceOf(model: string, { models }: Prices): ModelPrice | undefined {
  if (Object.hasOwn(models, model)) return models[model];
  const base = DATED.exec(model)?.[1];
  return base !== undefined && Object.hasOwn(models, base) ? models[base] : undefined;
}

export interface Cost {
  usd: number;
  /** Models with tokens and without a price: not in `usd`. */
  unpriced: string[];
  /** Responses whose usage is not known: not in `usd`. */
  unknown: number;
}

const PER_MILLION = 1_000_000;

export function costUsd(usage: UsageByModel, prices: Prices): Cost {
  const cost: Cost = { usd: 0, unpriced: [], unknown: 0 };
  for (const [model, { input, cachedInput, output, unknown }] of Object.entries(usage)) {
    cost.unknown += unknown;
    const price = priceOf(model, prices);
    if (!price) {
      if (input + output > 0) cost.unpriced.push(model);
      continue;
    }
    const cached = cachedInput * (price.cachedInput ?? price.input);
    cost.usd += ((input - cachedInput) * price.input + cached + output * price.output) / PER_MILLION;
  }
  return cost;
}
