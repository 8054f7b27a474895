/** The links and pictures of a text, as they may be on a page. Pure. */
import { escapeHtml, Html, html } from '../html';
import { decoded, lastPart, webAddress, type FindArtifact } from './addresses';
import type { DocumentFile } from './document';
import { anchorId } from './headings';
import { attribute, plainText, type Token } from './parser';
import { pictureAddress } from './pictures';

export interface LinkContext {
  find: FindArtifact;
  /** Ids of the text's headings. */
  anchors: ReadonlySet<string>;
  /** Pictures that are on the page, each with its id: one is put there once, however often the text shows it. */
  shown: Map<DocumentFile, string>;
}

const NOT_AVAILABLE = html` <small class="dim">(file not available)</small>`;

/** A link to the web tells the other side nothing, and gives it no hold on this page. */
const anchorTag = (href: string, isWeb = false): Html =>
  new Html(`<a href="${escapeHtml(href)}"${isWeb ? ' rel="noopener noreferrer"' : ''}>`);
const ANCHOR_END = new Html('</a>');

/** A link to an address of the web. */
export const webLink = (href: string, text: string): Html => html`${anchorTag(href, true)}${text}${ANCHOR_END}`;

/** What stands before and after the words of a link: nothing where they may not be one. */
function linkEnds(href: string, { find, anchors }: LinkContext): [Html, Html] {
  const web = webAddress(href);
  if (web !== null) return [anchorTag(web, true), ANCHOR_END];
  const artifact = find(href);
  if (artifact) return [anchorTag(artifact.path), ANCHOR_END];
  if (!href.startsWith('#')) return [html``, NOT_AVAILABLE];
  const id = anchorId(decoded(href));
  return anchors.has(id) ? [anchorTag(`#${id}`), ANCHOR_END] : [html``, html``];
}

/** A picture that is at hand, else a link to it: a page loads nothing. Within a link there can be no other. */
function pictureHtml(token: Token, inLink: boolean, { find, shown }: LinkContext): Html {
  const src = attribute(token, 'src');
  const said = plainText(token.children).trim();
  const text = said || lastPart(decoded(src)) || 'picture';
  const link = (href: string): Html => (inLink ? html`${text}` : html`${anchorTag(href)}${text}${ANCHOR_END}`);
  const artifact = find(src);
  if (artifact) {
    const before = shown.get(artifact);
    if (before !== undefined) return link(`#${before}`);
    const address = pictureAddress(artifact);
    if (address === null) return link(artifact.path);
    const id = `picture-${shown.size + 1}`;
    shown.set(artifact, id);
    return html`<img id="${id}" src="${address}" alt="${said || artifact.name}" />`;
  }
  const web = webAddress(src);
  if (web === null) return html`${text}${NOT_AVAILABLE}`;
  return inLink ? html`${text}` : webLink(web, text);
}

function become(token: Token, { text }: Html): void {
  token.type = 'html_inline';
  token.content = text;
}

/** Turns links and pictures of an inline text into HTML of ours. */
export function setLinks(tokens: readonly Token[], context: LinkContext): void {
  let end: Html | null = null;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const [before, after] = linkEnds(attribute(token, 'href'), context);
      become(token, before);
      end = after;
    } else if (token.type === 'link_close') {
      become(token, end ?? html``);
      end = null;
    } else if (token.type === 'image') {
      become(token, pictureHtml(token, end !== null, context));
    }
  }
}
