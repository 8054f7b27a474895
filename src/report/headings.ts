/** The headings of a text: their levels below the page's own, their anchors. Pure. */
import { plainText, type Token } from './parser';

export interface Heading {
  /** 2 to 6. */
  level: number;
  text: string;
  id: string;
}

/** So that no id of the text is one of the page. */
const PREFIX = 's-';
const MAX_SLUG_CHARS = 60;

/** As GitHub makes anchors: lower case, words joined by hyphens. */
function slugOf(text: string): string {
  const kept = text
    .normalize('NFC')
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '');
  return kept.replace(/\s/g, '-').slice(0, MAX_SLUG_CHARS) || 'section';
}

/** The id of the heading that a link `#…` within the text means. */
export const anchorId = (fragment: string): string => PREFIX + slugOf(fragment.replace(/^#/, ''));

/** Gives ids that none has yet: `s-risks`, `s-risks-1`. */
function idGiver(): (text: string) => string {
  const taken = new Set<string>();
  const times = new Map<string, number>();
  return (text) => {
    const wanted = anchorId(text);
    let [id, n] = [wanted, times.get(wanted) ?? 0];
    while (taken.has(id)) id = `${wanted}-${++n}`;
    times.set(wanted, n);
    taken.add(id);
    return id;
  };
}

const levelOf = ({ tag }: Token): number => Number(tag.slice(1));

/**
 * Sets level and id of each heading in the tokens: the highest becomes an `<h2>`. Returns those that structure the text;
 * a heading in a list or a quotation does not.
 */
export function setHeadings(tokens: readonly Token[]): Heading[] {
  const opened = tokens.filter(({ type }) => type === 'heading_open');
  const shift = 2 - opened.reduce((least, token) => Math.min(least, levelOf(token)), 6);
  const giveId = idGiver();
  const headings: Heading[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue;
    const level = Math.min(6, levelOf(token) + shift);
    token.tag = `h${level}`;
    if (token.type === 'heading_close') continue;
    const text = plainText(tokens[i + 1]?.children ?? null).trim();
    const id = giveId(text);
    token.attrSet('id', id);
    if (token.level === 0) headings.push({ level, text, id });
  }
  return headings;
}
