/** The parser of a model's text, and what is read from its tokens. Pure. */
import MarkdownIt from 'markdown-it';
import { mayLink } from './addresses';

export type Token = MarkdownIt.Token;

/** HTML in the text stays text. Links to anything but the web and files stay as they are written. */
export const markdownIt = new MarkdownIt({ html: false, linkify: true });
markdownIt.validateLink = mayLink;
// Only what begins with a scheme: a file's name would be taken for a host.
markdownIt.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

/** Only the blocks, without what is in them: much faster. */
const blockParser = new MarkdownIt({ html: false }).disable('inline');
export const blocksOf = (markdown: string): Token[] => blockParser.parse(markdown, {});

/** Characters that neither HTML nor a terminal should get. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

/** With line ends as the parser counts them, and without control characters. */
export const cleanText = (text: string): string => text.replace(/\r\n?/g, '\n').replace(CONTROLS, '\uFFFD');

/** An attribute of a token; the empty text when it has none. */
export const attribute = (token: Token, name: string): string => String(token.attrGet(name) ?? '');

/** The words of a heading, a link or a picture. */
export function plainText(tokens: readonly Token[] | null): string {
  const textOf = ({ type, content, children }: Token): string => {
    if (type === 'image') return plainText(children);
    return type === 'softbreak' || type === 'hardbreak' ? ' ' : content;
  };
  return (tokens ?? []).map(textOf).join('');
}

const words = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();

/** The lines of a first heading that says the title again, from and up to; else null. */
export function titleLines([first, content]: readonly Token[], title: string): [number, number] | null {
  if (first?.type !== 'heading_open' || !content) return null;
  return words(plainText(content.children)) === words(title) ? first.map : null;
}
