/** What a page knows of the budget: what others had used when it started, and what it has used itself. */
import type { Page } from './page-state';
import { largerShare, sharesOfBudget } from './tally';

/** Tells the batch after this share of a limit, so that it stops in time. */
const BUDGET_STEP = 0.01;

/** More than a rounding error beyond: the batch, which adds up otherwise, must come to the same. */
const USED_UP = 1 + 1e-9;

/** Of each limit apart. A page that an older version has started goes by the larger one alone: its history needs it. */
export function ownShares({ input, tally }: Page): number[] {
  const shares = sharesOfBudget(tally.usage, input.budget);
  return input.spentShares ? [shares.tokens, shares.cost] : [largerShare(shares)];
}

function spentShares({ input: { spentShares: shares, spentShare } }: Page): number[] {
  if (shares) return [shares.tokens, shares.cost];
  return spentShare === undefined ? [] : [spentShare];
}

/**
 * By what the page itself knows. It starts nothing more then; the batch, which hears of it and knows all pages, stops it.
 */
export function isUsedUp(page: Page): boolean {
  const own = ownShares(page);
  return spentShares(page).some((spent, i) => spent + (own[i] ?? 0) >= USED_UP);
}

/** A step further than the last report. */
export const hasUsedMore = (page: Page): boolean =>
  ownShares(page).some((share, i) => share - (page.reported.budgetShares[i] ?? 0) >= BUDGET_STEP);
