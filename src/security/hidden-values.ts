/**
 * Values that this process may tell nobody: keys that it was given, secrets that it resolved. For the whole process, since
 * whoever writes a line, or passes on what upstream said, cannot know what was resolved elsewhere in it.
 */

/** A shorter one would be found in any text, so it cannot be hidden. */
export const MIN_HIDDEN_CHARS = 6;
/** The oldest go first: a worker of years does not grow with every rotation. */
const MAX_VALUES = 1_000;

const HIDDEN = '***';

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

/** From now on no text of `hideValues` has these values. */
export function rememberHidden(more: Iterable<string>): void {
  const before = values.size;
  for (const value of more) if (value.length >= MIN_HIDDEN_CHARS) values.add(value);
  if (values.size === before) return;
  for (const oldest of values) {
    if (values.size <= MAX_VALUES) break;
    values.delete(oldest);
  }
  forms = [...new Set([...values].flatMap(formsOf))].sort((a, b) => b.length - a.length);
}

/** A text with `***` in place of each hidden value. */
export function hideValues(text: string): string {
  return forms.reduce((clean, form) => (clean.includes(form) ? clean.replaceAll(form, HIDDEN) : clean), text);
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
