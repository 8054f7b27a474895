/** Changes of a Markdown text that leave its code as it is. Pure. */
import type { Token } from './parser';

/** Lines that are code, and lines where a block begins. */
function linesOf(tokens: readonly Token[]): { code: Set<number>; starts: Set<number> } {
  const [code, starts] = [new Set<number>(), new Set<number>()];
  for (const { type, map } of tokens) {
    if (!map) continue;
    starts.add(map[0]);
    if (type !== 'fence' && type !== 'code_block') continue;
    for (let line = map[0]; line < map[1]; line++) code.add(line);
    starts.add(map[1]);
  }
  return { code, starts };
}

/** Changes each block that is not code; `tokens` are those of `markdown`, whose lines end with `\n`. */
export function changeBlocks(markdown: string, tokens: readonly Token[], change: (block: string) => string): string {
  const { code, starts } = linesOf(tokens);
  const blocks: { lines: string[]; isCode: boolean }[] = [];
  for (const [i, line] of markdown.split('\n').entries()) {
    const last = blocks.at(-1);
    if (last && !starts.has(i)) last.lines.push(line);
    else blocks.push({ lines: [line], isCode: code.has(i) });
  }
  return blocks.map(({ lines, isCode }) => (isCode ? lines.join('\n') : change(lines.join('\n')))).join('\n');
}

/**
 * What a block has that is no markup, whatever it looks like: an escaped character, a code span. Not of any number of
 * backticks: for each number the whole block may have to be searched.
 */
const LITERAL = String.raw`\\[^]|(?<!` + '`)(?<ticks>`{1,20})(?!`)[^]*?(?<!`)\\k<ticks>(?!`)';

/** Replaces what `pattern` finds in a block, outside of code spans. Its groups have names. */
export function replaceMarkup(
  block: string,
  pattern: string,
  replace: (match: string, groups: Record<string, string | undefined>) => string,
): string {
  return block.replace(new RegExp(`${LITERAL}|(?<markup>${pattern})`, 'gi'), (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    return groups.markup === undefined ? match : replace(match, groups);
  });
}
