/** `--max-tokens`, `--max-cost-usd`, `--prices`: when a batch stops by itself. */
import type { Command } from 'commander';
import type { Budget } from '../contracts';
import { parsePrices } from '../door';
import { numberOf, readText } from './options';

export interface BudgetFlags {
  maxTokens?: number;
  maxCostUsd?: number;
  prices?: string;
  whenReached?: Budget['whenReached'];
}

export const withBudgetOptions = (command: Command): Command =>
  command
    .option('--max-tokens <n>', 'start nothing more when these are used up', numberOf)
    .option('--max-cost-usd <n>', 'start nothing more when this is spent; needs --prices', numberOf)
    .option('--prices <file>', 'your prices as JSON, for the cost of the batch')
    .option('--when-reached <what>', 'then finish or cancel what runs (default finish)');

/** Undefined when nothing of it was asked for. @throws UsageError for a file that is no list of prices. */
export function budgetOf({ maxTokens, maxCostUsd, prices, whenReached }: BudgetFlags): Budget | undefined {
  const budget: Budget = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(prices === undefined
      ? {}
      : { prices: parsePrices(readText(prices, `--prices ${prices}`), `--prices ${prices}`) }),
    ...(whenReached === undefined ? {} : { whenReached }),
  };
  return Object.keys(budget).length > 0 ? budget : undefined;
}
