/** Tokens and what they cost. Prices are the user's: this package knows none. */

/** Tokens of one model. `input` includes `cachedInput`, `output` includes `reasoning`, as in the API's `usage`. */
export interface TokenCounts {
  responses: number;
  input: number;
  cachedInput: number;
  output: number;
  reasoning: number;
  /** Responses whose usage upstream did not say: their tokens are unknown, not zero. */
  unknown: number;
}

export type UsageByModel = Record<string, TokenCounts>;

/** US dollars for a million tokens. */
export interface ModelPrice {
  input: number;
  /** Default: as `input`. */
  cachedInput?: number;
  output: number;
}

/** A file of your own: `{ "asOf": "2026-11-01", "models": { "o3": { "input": 2, "output": 8 } } }`. */
export interface Prices {
  /** The date of the prices, which is shown with every cost. */
  asOf: string;
  models: Record<string, ModelPrice>;
}

/** Limits of a batch. The one that is reached first ends it. */
export interface Budget {
  maxTokens?: number;
  /** Needs `prices` for every model of the batch. */
  maxCostUsd?: number;
  prices?: Prices;
  /** What becomes of running tasks then: `finish` (default), or `cancel` upstream. */
  whenReached?: 'finish' | 'cancel';
}

/** How much of each limit is used: 1 when it is used up; 0 where there is none. */
export interface BudgetShares {
  tokens: number;
  cost: number;
}
