/** A model's text as HTML. Pure. */
import { Html } from '../html';
import type { FindArtifact } from './addresses';
import type { DocumentFile } from './document';
import { setHeadings, type Heading } from './headings';
import { setLinks } from './links';
import { cleanText, markdownIt, titleLines } from './parser';
import { withBrackets } from './rewrite';

// A wide table scrolls by itself, with the keyboard too.
markdownIt.renderer.rules.table_open = () => '<div class="scroll" tabindex="0"><table>\n';
markdownIt.renderer.rules.table_close = () => '</table></div>\n';

export interface RenderedText {
  html: Html;
  headings: Heading[];
  /** The pictures in it. */
  shown: ReadonlySet<DocumentFile>;
}

const HEADING_TOKENS = 3;

/** Without a first heading that says the title again: the page has it already. */
export function renderText(markdown: string, title: string, find: FindArtifact): RenderedText {
  const env = {};
  const parsed = markdownIt.parse(withBrackets(cleanText(markdown), find), env);
  const tokens = titleLines(parsed, title) ? parsed.slice(HEADING_TOKENS) : parsed;
  const headings = setHeadings(tokens);
  const anchors = new Set(headings.map(({ id }) => id));
  const shown = new Map<DocumentFile, string>();
  for (const { children } of tokens) setLinks(children ?? [], { find, anchors, shown });
  const text = markdownIt.renderer.render(tokens, markdownIt.options, env);
  return { html: new Html(text), headings, shown: new Set(shown.keys()) };
}
