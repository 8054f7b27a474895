/** Text into HTML: escaped unless it is HTML already. Pure. */

/** Text that is HTML, made by `html` or by this package itself. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

export type HtmlValue = string | number | Html | null | undefined | false | readonly HtmlValue[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Control characters that HTML does not allow, not even escaped. */
const FORBIDDEN = /[^\P{Cc}\n\t]/gu;

/** For text and for attributes in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD').replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}

function textOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  return typeof value === 'number' ? String(value) : value.map(textOf).join('');
}

/** A template that escapes whatever is put into it, but for `Html`. Lists are joined; null and false are nothing. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(strings.reduce((all, part, i) => all + textOf(values[i - 1]) + part));
}

/** JSON for a `<script type="application/json">`: nothing in it can end the element or a line of it. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
