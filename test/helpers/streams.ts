/** Reading server-sent events in tests: the bytes as they are, and what they say. */
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { StreamRow } from '../../emulator';
import type { Upstream } from '../../src/upstream';
import type { Emulated } from './emulated';

export interface WireEvent {
  type: string;
  sequence_number: number;
  obfuscation?: string;
  delta?: string;
  response?: { id: string; status: string };
}

/** Every event of a text; other lines are passed over. */
export const eventsIn = (text: string): WireEvent[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: {') ? (JSON.parse(line.slice(6)) as WireEvent) : []));

export const numbersIn = (text: string): number[] => eventsIn(text).map(({ sequence_number }) => sequence_number);

/** What arrives, and whether the connection was cut. */
export async function textOf(reply: Response): Promise<{ text: string; isCut: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of reply.body as AsyncIterable<Uint8Array>) text += decoder.decode(chunk, { stream: true });
    return { text, isCut: false };
  } catch {
    return { text, isCut: true };
  }
}

/** The events of a response by `GET`, as a text. */
export async function replayed({ raw }: Pick<Emulated, 'raw'>, id: string, query = ''): Promise<string> {
  return (await textOf(await raw('GET', `/responses/${id}?stream=true${query}`))).text;
}

/** What the official client gives, to the end. */
export async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The text of a message, put together from its pieces. */
export const assembled = (events: readonly ResponseStreamEvent[]): string =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');

/** A reader that takes one piece after the other. */
export function pieceReader(reply: Response) {
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    /** Reads until there are so many events; gives their types. */
    async until(count: number): Promise<string[]> {
      while (eventsIn(text).length < count) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
      return eventsIn(text).map(({ type }) => type.replace('response.', ''));
    },
    leave: () => reader.cancel(),
  };
}

/** The rows of the streams, when none of them is open any more. */
export async function closedStreams({ emulator }: Pick<Emulated, 'emulator'>): Promise<StreamRow[]> {
  for (;;) {
    const { streams } = emulator.ledger();
    if (streams.every(({ outcome }) => outcome !== 'open')) return streams;
    await new Promise(setImmediate);
  }
}

/** A server that does not know `starting_after`. */
export const repeating = (upstream: Upstream): Upstream => ({
  ...upstream,
  events: (id, options) => upstream.events(id, { ...options, startingAfter: null }),
});
