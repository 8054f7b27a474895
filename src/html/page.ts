/** The frame of a page that stands alone: it loads nothing and runs nothing but its own script. Pure. */
import { createHash } from 'node:crypto';
import { html, type Html } from './escape';

export interface PageFrame {
  title: string;
  /** CSS. */
  style: string;
  /** JavaScript; the only one that a browser runs here. Without it, none is. */
  script?: string;
}

/** Neither may end its element, or begin a comment that swallows the end. */
function assertInline(text: string, element: string): void {
  if (new RegExp(`</${element}|<!--`, 'i').test(text)) throw new TypeError(`Not fit for a <${element}> element.`);
}

function policyOf(script: string | undefined): string {
  const allowed = script === undefined ? 'none' : `sha256-${createHash('sha256').update(script).digest('base64')}`;
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src '${allowed}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Everything up to the body's content; for pages that are written part by part. */
export function pageHead({ title, style, script }: PageFrame): string {
  assertInline(style, 'style');
  if (script !== undefined) assertInline(script, 'script');
  const head = html`<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policyOf(script)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <title>${title}</title>`;
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.text}\n<style>${style}</style>\n</head>\n<body>\n`;
}

/** Everything after the body's content. */
export function pageEnd({ script }: Pick<PageFrame, 'script'>): string {
  return `${script === undefined ? '' : `\n<script>${script}</script>`}\n</body>\n</html>\n`;
}

/** A whole page. */
export function pageFrame({ body, ...frame }: PageFrame & { body: Html }): string {
  return pageHead(frame) + body.text + pageEnd(frame);
}
