/**
 * Values that this process may tell nobody: keys that it was given, secrets that it resolved. For the whole process, since
 * whoever writes a line, or passes on what upstream said, cannot know what was resolved elsewhere in it.
 */

/** A shorter one would be found in any text, so it cannot be hidden. */
export const MIN_HIDDEN_CHARS = 6;
/** Those that were used last: a worker of years does not grow with every rotation. */
const MAX_VALUES = 1_000;

const HIDDEN = '***';

/** Keys of the process: used for as long as it runs, and never given anew. */
const keys = new Set<string>();
/** Those that were used last are at the end. */
const values = new Set<string>();
/** Of all values, the longest first: one may be a part of another. */
let forms: readonly string[] = [];

/** As it is, and as it looks in an address, in JSON, and in Base64. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const inJson = JSON.stringify(value).slice(1, -1);
  // From the bytes: half of a pair of surrogates can be in no address.
  const inAddress = encodeURIComponent(bytes.toString());
  return [value, inAddress, inJson, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
}

function makeForms(): void {
  forms = [...new Set([...keys, ...values].flatMap(formsOf))].sort((a, b) => b.length - a.length);
}

const isLong = (value: string): boolean => value.length >= MIN_HIDDEN_CHARS;

/** From now on no text of `hideValues` has these values, for as long as they are among the last thousand in use. */
export function rememberHidden(more: Iterable<string>): void {
  let isNew = false;
  for (const value of [...more].filter(isLong)) {
    isNew = !values.delete(value) || isNew;
    values.add(value);
  }
  if (!isNew) return;
  for (const oldest of values) {
    if (values.size <= MAX_VALUES) break;
    values.delete(oldest);
  }
  makeForms();
}

/** The same for keys that this process was given, for as long as it runs. */
export function rememberKeys(more: readonly string[]): void {
  for (const key of more.filter(isLong)) keys.add(key);
  makeForms();
}

/** A text with `***` in place of each hidden value. */
export function hideValues(text: string): string {
  return forms.reduce((clean, form) => (clean.includes(form) ? clean.replaceAll(form, HIDDEN) : clean), text);
}

/** The length of the longest of them in any form, in characters; 0 where there are none. */
export const longestHidden = (): number => forms[0]?.length ?? 0;

/** Whether a text ends within a hidden value, of which enough is there to tell something. */
export function endsInHidden(text: string): boolean {
  return forms.some((form) => {
    const begins = form.slice(0, MIN_HIDDEN_CHARS);
    // The whole form at the end is no part of it.
    let at = text.indexOf(begins, Math.max(0, text.length - form.length + 1));
    while (at >= 0 && !form.startsWith(text.slice(at))) at = text.indexOf(begins, at + 1);
    return at >= 0;
  });
}

/** Does the same to every string in what was parsed from JSON. In place: an answer may have 60 MB. */
export function hideValuesIn<T>(json: T): T {
  if (forms.length > 0) hideBelow({ json });
  return json;
}

function hideBelow(container: object): void {
  const fields = container as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') {
      const clean = hideValues(value);
      if (clean !== value) fields[name] = clean;
    } else if (typeof value === 'object' && value !== null) hideBelow(value);
  }
}
