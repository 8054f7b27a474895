/** What a prompt says, and ids and marks that depend on it. */
import { sha256 } from './scenarios';
import type { Json, StoredResponse } from './types';

export const shortHash = (text: string): string => sha256(text).slice(0, 12);

/** Twelve digits that stand for the whole prompt: two answers with one mark belong to one prompt. */
export const markOf = ({ request }: StoredResponse): string => shortHash(JSON.stringify(request.input ?? null));

/** Ids that depend on the response only: the same after a restart. */
export const derivedId = (prefix: string, { id }: StoredResponse, part: string): string =>
  `${prefix}_${sha256(`${id}/${part}`).slice(0, 40)}`;

/** The items of the prompt; a plain text is none. */
export const inputItemsOf = (request: Json): Json[] => (Array.isArray(request.input) ? (request.input as Json[]) : []);

/** The text of the prompt, whatever its form. */
export function promptOf(request: Json): string {
  const { input } = request;
  if (typeof input === 'string') return input;
  const texts: string[] = [];
  JSON.stringify(input ?? '', (key, value: unknown) => {
    if (typeof value === 'string' && (key === 'text' || key === 'content')) texts.push(value);
    return value;
  });
  return texts.join('\n');
}

/** The first words of the prompt. */
export const openingOf = (request: Json, words: number): string =>
  promptOf(request).trim().split(/\s+/, words).join(' ');
