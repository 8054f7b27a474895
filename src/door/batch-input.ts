/** A batch that a program starts, as opposed to one read from a file. */
import type { BatchInput } from '../contracts';
import { UsageError } from '../errors';
import { count, jsonBytes, MAX_BYTES, MAX_ITEMS } from './bounds';
import { optionProblems } from './options';
import { say } from './problem';
import { checkId, checkTask } from './task';

/** More children at once than this would press the server's limit on pending ones. */
const MAX_CONCURRENCY = 500;

const MAX_PROBLEMS = 20;

function itemProblems({ items }: BatchInput): string[] {
  const seen = new Set<string>();
  return items.flatMap(({ id, task }, i) => {
    const place = `items[${i}]`;
    const unusable = checkId(id).length > 0 || id.includes('/');
    const problems = unusable
      ? [`${place}.id: expected 1 to 200 of A-Z a-z 0-9 . _ : - that begin with a letter or digit`]
      : [];
    if (seen.has(id)) problems.push(`${place}.id: is the id of an item before it; write another`);
    seen.add(id);
    return task ? [...problems, ...checkTask(task, place)] : problems;
  });
}

function boundProblems({ items, concurrency }: BatchInput): string[] {
  const problems: string[] = [];
  if (items.length === 0) problems.push('items: a batch needs at least one');
  if (items.length > MAX_ITEMS)
    problems.push(`items: ${count(items.length)} are more than ${count(MAX_ITEMS)}; start several batches`);
  const usable =
    concurrency === undefined || (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY);
  if (!usable) problems.push(`concurrency: expected a whole number from 1 to ${MAX_CONCURRENCY}`);
  const bytes = jsonBytes(items);
  if (bytes !== null && bytes > MAX_BYTES) {
    problems.push(`items: ${count(bytes)} bytes together are more than ${count(MAX_BYTES)}; start several batches`);
  }
  return problems;
}

/** @throws UsageError with up to 20 problems, each with its place: nothing was started. */
export function assertBatch(batch: BatchInput): void {
  const problems = [...boundProblems(batch), ...(batch.items.length > MAX_ITEMS ? [] : itemProblems(batch))];
  if (batch.options) problems.push(...optionProblems(batch.options).map((problem) => say(problem)));
  if (problems.length > 0) throw new UsageError(problems.slice(0, MAX_PROBLEMS));
}
