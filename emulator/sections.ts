/** Answers in sections: a numbered list in the prompt is taken for the table of contents. */
import { promptOf } from './prompt';
import type { Json } from './types';

const MAX_TITLE_CHARACTERS = 200;

const ITEM = /^\s{0,8}(\d{1,3})[.)]\s+(\S.*)$/;

/** The lists of a text, each counted from 1 without a gap. Lines between items do not end a list. */
function listsIn(text: string): string[][] {
  const lists: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, number, words = ''] = ITEM.exec(line) ?? [];
    const title = words
      .replace(/[*_`#]+/g, '')
      .trim()
      .slice(0, MAX_TITLE_CHARACTERS);
    if (title === '') continue;
    if (number === '1') lists.push([title]);
    else if (Number(number) === (lists.at(-1)?.length ?? 0) + 1) lists.at(-1)?.push(title);
  }
  return lists;
}

const longestOf = (lists: string[][]): string[] => lists.reduce((a, b) => (b.length > a.length ? b : a), []);

const contents = new WeakMap<Json, string[]>();

/** The titles that an answer must have: the longest list of the instructions, else of the prompt; none without a list. */
export function titlesOf(request: Json): string[] {
  let titles = contents.get(request);
  if (!titles) {
    const fromInstructions = longestOf(listsIn(promptOf({ input: request.instructions })));
    titles = fromInstructions.length > 0 ? fromInstructions : longestOf(listsIn(promptOf(request)));
    contents.set(request, titles);
  }
  return titles;
}

/** Markdown: the opening, then each section with two paragraphs of three sentences. */
export function inSections(opening: string, titles: string[], sentence: (i: number) => string, mark: string): string {
  const sections = titles.map((title, i) => {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => sentence(4 * i + j));
    return `## ${title}\n\nOn "${title}" [${mark}]: ${a} ${b}\n\n${c} ${d}`;
  });
  return [opening, ...sections].join('\n\n');
}

/** A text cut before each of its sections; the first part is what stands before them. */
export const partsOf = (text: string): string[] => text.split(/(?=\n\n## )/);
