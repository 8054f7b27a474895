/** A batch file: JSON lines, each of them a task. */
import type { BatchItem, TaskInput } from '../contracts';
import { UsageError } from '../errors';
import { count, MAX_ITEMS, SPLIT } from './bounds';
import { nameItems, type NumberedLine } from './item-ids';
import { readLine, type LineDefaults } from './line';
import { optionProblems } from './options';
import { say, type Problem } from './problem';

/** The lines that are not blank, with their numbers; a BOM is none of the text. */
function linesOf(text: string): { text: string; line: number }[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, i) => ({ text: content.trim(), line: i + 1 }))
    .filter(({ text: content }) => content !== '');
}

/** One problem for a line: the first, and where the others are. */
function summarize(problems: Problem[]): Problem | undefined {
  const [problem, ...others] = problems;
  if (!problem || others.length === 0) return problem;
  const fields = [...new Set(others.map(({ field }) => field))].slice(0, 5).join(', ');
  return { ...problem, message: `${problem.message} (${others.length} more in this line: ${fields})` };
}

/** What a file is read as. */
export interface ParsedBatch {
  items: BatchItem[];
  /** One for each bad line. */
  problems: string[];
}

/** @throws UsageError when the defaults are wrong: not one problem for each line. */
export function assertDefaults(defaults: LineDefaults): void {
  const problems = optionProblems(defaults.options).map((problem) => say(problem));
  if (problems.length > 0) throw new UsageError(problems);
}

/** @throws UsageError when there are more than one batch may have. */
export function assertCount(items: number): void {
  if (items <= MAX_ITEMS) return;
  throw new UsageError([`file: ${count(items)} items are more than ${count(MAX_ITEMS)}; ${SPLIT}`]);
}

/** Items of their own for all lines, the bad ones too. */
export function toItems(lines: NumberedLine[]): ParsedBatch {
  const names = nameItems(lines);
  const said: string[] = [];
  const items = lines.map(({ line, task, problems }, i): BatchItem => {
    const name = names[i]!;
    const problem = summarize(problems);
    if (!problem) return { ...name, task: task as unknown as TaskInput };
    said.push(say(problem, `line ${line}`));
    return { ...name, problem: { line, ...problem } };
  });
  return { items, problems: said };
}

/**
 * Reads the JSON lines of a batch. A bad line is an item with a `problem`, and one entry of `problems`
 * (`line 7, input: …`); the good ones can still be run.
 *
 * @param defaults `model` for requests that name neither a model nor a template; `options` under those of each line.
 * @throws UsageError when the file as a whole cannot be one batch: empty, too many items, wrong defaults.
 */
export function parseBatchLines(text: string, defaults: LineDefaults = {}): ParsedBatch {
  assertDefaults(defaults);
  const texts = linesOf(text);
  if (texts.length === 0) throw new UsageError(['file: no task in it; write one JSON string or object on each line']);
  assertCount(texts.length);
  return toItems(texts.map((entry) => ({ ...readLine(entry.text, defaults), line: entry.line })));
}
