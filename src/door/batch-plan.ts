/** A batch that is to be started: its settings, and its items one by one. */
import type { BatchItem, BatchSettings, Budget, TaskInput } from '../contracts';
import { priceOf } from '../cost/cost';
import { UsageError } from '../errors';
import { MAX_CONCURRENCY } from '../settings';
import { count, MAX_ITEMS } from './bounds';
import { fileUseProblems } from './files';
import { customIdProblem, itemIdProblem } from './item-ids';
import { optionProblems } from './options';
import { priceProblems } from './prices';
import { say, show, unknownFields } from './problem';
import { checkTask } from './task';
import type { DoorRules } from './urls';

const MAX_PROBLEMS = 20;
const TOO_MANY = `items: more than ${count(MAX_ITEMS)}; start several batches`;

const BUDGET = ['maxTokens', 'maxCostUsd', 'prices', 'whenReached'];
/** With `items`, as a program gives them together. */
const SETTINGS = ['items', 'concurrency', 'options', 'budget'];

function budgetProblems(budget: Budget | undefined): string[] {
  if (budget === undefined) return [];
  if (typeof budget !== 'object') return ['budget: expected an object; write {"maxTokens": 1000000}'];
  const { maxTokens, maxCostUsd, prices, whenReached } = budget;
  // A limit that is misspelt would be none.
  const problems = unknownFields({ ...budget }, BUDGET, { place: 'budget' }).map((problem) => say(problem));
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0))
    problems.push('maxTokens: expected a whole number above 0');
  if (maxCostUsd !== undefined && !(Number.isFinite(maxCostUsd) && maxCostUsd > 0))
    problems.push('maxCostUsd: expected a number above 0 (US dollars)');
  if (maxCostUsd !== undefined && !prices)
    problems.push('maxCostUsd: needs prices; give your own as JSON, e.g. {"asOf": "2026-11-01", "models": {…}}');
  if (whenReached !== undefined && !['finish', 'cancel'].includes(whenReached))
    problems.push('whenReached: write "finish" or "cancel"');
  if (whenReached !== undefined && maxTokens === undefined && maxCostUsd === undefined)
    problems.push('whenReached: there is no limit to reach; give maxTokens or maxCostUsd, or leave it out');
  if (prices !== undefined) problems.push(...priceProblems(prices).map((problem) => `prices.${problem}`));
  return problems;
}

/** What is wrong with the settings of a batch, one line each. */
export function settingsProblems(settings: BatchSettings): string[] {
  const { concurrency, options, budget } = settings;
  const usable =
    concurrency === undefined || (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY);
  return [
    ...unknownFields({ ...settings }, SETTINGS, { noun: 'setting' }).map((problem) => say(problem)),
    ...(usable ? [] : [`concurrency: expected a whole number from 1 to ${MAX_CONCURRENCY}`]),
    ...budgetProblems(budget),
    ...optionProblems(options).map((problem) => say(problem)),
  ];
}

/** A limit in dollars means nothing for a model without a price: it would be reached too late, or never. */
function priceProblem(task: TaskInput, { budget }: BatchSettings): string[] {
  if (budget?.maxCostUsd === undefined || !budget.prices) return [];
  const { model } = task.request ?? {};
  if (model !== undefined && priceOf(model, budget.prices)) return [];
  return [model ? `no price for ${show(model)}; maxCostUsd needs one` : 'maxCostUsd needs a model with a price'];
}

/** Of files that are given for all of a batch; its own ones are checked with the task. */
const sharedFilesProblems = (task: TaskInput, { options }: BatchSettings, place: string): string[] =>
  task.options?.files ? [] : fileUseProblems({ ...task }, options?.files).map((problem) => say(problem, place));

/** Checks the ids of items in their order. */
function idChecker(): (item: BatchItem, place: string) => string[] {
  const [ids, customIds] = [new Set<string>(), new Set<string>()];
  return ({ id, customId }, place) => {
    const fault = itemIdProblem(id);
    const problems = fault === undefined ? [] : [`${place}.id: ${fault}`];
    if (ids.has(id)) problems.push(`${place}.id: is the id of an item before it; write another`);
    ids.add(id);
    if (customId === undefined) return problems;
    const message = customIdProblem(customId);
    if (message !== undefined) problems.push(`${place}.customId: ${message}`);
    if (customIds.has(customId)) problems.push(`${place}.customId: is that of an item before it; write another`);
    customIds.add(customId);
    return problems;
  };
}

/** Checks items in their order; gives what is wrong with each, with its place. */
export function itemChecker(settings: BatchSettings, rules: DoorRules = {}): (item: BatchItem) => string[] {
  const checkIds = idChecker();
  let next = 0;
  return (item) => {
    const { task, problem } = item;
    const place = `items[${next++}]`;
    if (next > MAX_ITEMS) return [TOO_MANY];
    const problems = checkIds(item, place);
    if (problem) return problems;
    return [
      ...problems,
      ...checkTask(task, place, rules),
      ...(task ? sharedFilesProblems(task, settings, place) : []),
      ...(task ? priceProblem(task, settings) : []).map((message) => `${place}.model: ${message}`),
    ];
  };
}

/** @throws UsageError with up to 20 problems, each with its place: nothing was started. */
export function assertBatch(batch: BatchSettings & { items: BatchItem[] }, rules: DoorRules = {}): void {
  const check = itemChecker(batch, rules);
  const problems = settingsProblems(batch);
  if (batch.items.length === 0) problems.push('items: a batch needs at least one');
  // Known at once: nobody waits for the check of the first hundred thousand.
  if (batch.items.length > MAX_ITEMS) throw new UsageError([...problems, TOO_MANY]);
  for (const item of batch.items) {
    if (problems.length >= MAX_PROBLEMS) break;
    problems.push(...check(item));
  }
  if (problems.length > 0) throw new UsageError(problems.slice(0, MAX_PROBLEMS));
}
