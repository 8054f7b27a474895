/** What is written into the pages of figures, and when. */
import type { Command } from 'commander';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

type Page = 'docs/benchmarks.md' | 'docs/proof.md';

/** Replaces what stands between the markers, so that the words around it are kept. */
function write(path: Page, name: string, text: string): void {
  if (!existsSync(path)) return;
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`];
  const page = readFileSync(path, 'utf8');
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < 0) return;
  writeFileSync(path, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`);
}

/** Whether an option was given: then the figures are not those of the page. */
export const isChanged = (command: Command): boolean =>
  command.options.some((option) => command.getOptionValueSource(option.attributeName()) === 'cli');

export const machine = (): string => `${cpus().length} cores, Node ${process.versions.node}`;

export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Prints a table, and writes it into the page where its figures are those that the page is about. */
export function publish(name: string, text: string, isForPage = true, path: Page = 'docs/benchmarks.md'): void {
  console.log(text);
  if (isForPage) write(path, name, text);
}
