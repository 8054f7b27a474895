/** Server-sent events as the API writes them: an `event:` line, a `data:` line, no ids. */
import { sha256 } from './scenarios';
import type { StreamedEvent } from './timeline';
import type { StoredResponse } from './types';

/** Deltas are filled up to a multiple of this, so that their sizes tell nothing of the words. */
const BLOCK_CHARACTERS = 16;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Made from the place of the event, so that all readers get the same bytes. */
function paddingOf({ id }: StoredResponse, number: number, length: number): string {
  const wanted = BLOCK_CHARACTERS - (length % BLOCK_CHARACTERS);
  const hex = sha256(`${id}/${number}`);
  const letter = (_: unknown, i: number) => ALPHABET[parseInt(hex.slice(2 * i, 2 * i + 2), 16) % ALPHABET.length];
  return Array.from({ length: wanted }, letter).join('');
}

/** An event of any kind, known or not. */
export const frameOf = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** An event of a response; deltas with `obfuscation` unless the reader wants none. */
export function frameOfEvent(response: StoredResponse, event: StreamedEvent, isObfuscated: boolean): string {
  if (!isObfuscated || !('delta' in event) || typeof event.delta !== 'string') return frameOf(event.type, event);
  return frameOf(event.type, {
    ...event,
    obfuscation: paddingOf(response, event.sequence_number, event.delta.length),
  });
}
