/** What is wrong with an input, and how it is said: the field, then the message with what to write instead. */

import { credentialIn, withoutCredentials } from '../security/credential-forms';

export interface Problem {
  field: string;
  message: string;
}

export type Fields = Record<string, unknown>;

/** The fields of a JSON object. */
export { isObject as isFields } from '../is-object';

/** An own field; null and undefined both count as left out, as in the API. */
export function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
}

/** The names of the own fields that are given. */
export function givenNames(fields: Fields): string[] {
  return Object.keys(fields).filter((name) => fields[name] !== undefined);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Text of the user as JSON (so that no control character reaches a terminal), without credentials, cut to 60 characters. */
export function show(text: string): string {
  const shown = JSON.stringify(withoutCredentials(text)).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
}

/** The place of a field; a name that is no plain word is quoted, and one that is a credential is not told. */
export function at(place: string, name: string): string {
  if (credentialIn(name) !== undefined) return place === '' ? '(a name)' : `${place}.(a name)`;
  if (!/^[\w-]{1,60}$/.test(name)) return `${place}[${show(name)}]`;
  return place === '' ? name : `${place}.${name}`;
}

/** One line of a report. */
export function say({ field, message }: Problem, place?: string): string {
  return `${place ? `${place}, ` : ''}${field}: ${message}`;
}

/** How many characters must be inserted, removed or replaced to make one word of the other. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The known name that was probably meant; undefined when none is at most so many letters away. */
export function nearest(name: string, known: readonly string[], maxSteps?: number): string | undefined {
  // The distance takes time in proportion to the length: no known name is longer than this.
  if (name.length > 60) return undefined;
  const word = plain(name);
  const ranked = known
    .map((candidate) => ({ candidate, steps: distance(word, plain(candidate)) }))
    .sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best && best.steps <= (maxSteps ?? Math.max(1, Math.floor(word.length / 3))) ? best.candidate : undefined;
}

interface Naming {
  place?: string;
  noun?: string;
  /** Names that people write here in error, each with what to write instead. */
  hints?: Readonly<Record<string, string>>;
}

const hintFor = (name: string, { hints = {} }: Naming): string | undefined =>
  Object.hasOwn(hints, name) ? hints[name] : undefined;

/** The problems of an object that may only have the known fields. */
export function unknownFields(fields: Fields, known: readonly string[], naming: Naming = {}): Problem[] {
  const { place = '', noun = 'field' } = naming;
  return givenNames(fields)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const advice = hintFor(name, naming) ?? (meant ? `did you mean ${meant}?` : `known are ${known.join(', ')}`);
      return { field: at(place, name), message: `unknown ${noun}; ${advice}` };
    });
}

/** A slip of the fingers; another word that is farther away may well be a field. */
const MAX_SLIPS = 2;

/**
 * The problems of an object whose fields the API decides on: it gets new ones, and refuses those that it does not know
 * before anything is paid. Only what was plainly meant to be a known one is a problem here.
 */
export function misspeltFields(fields: Fields, known: readonly string[], naming: Naming = {}): Problem[] {
  const isMistake = (name: string) =>
    (hintFor(name, naming) ?? nearest(name, known, MAX_SLIPS) ?? credentialIn(name)) !== undefined;
  const mistakes = Object.entries(fields).filter(([name]) => !known.includes(name) && isMistake(name));
  return unknownFields(Object.fromEntries(mistakes), known, naming);
}
