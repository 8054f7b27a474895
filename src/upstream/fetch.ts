/** A `fetch` that never reads more of a body than it was told to. */
import { ProtocolError } from './failures';

/** The largest body read, in bytes: an answer of 60 MB passes, an endless one does not fill the memory. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

function cap(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let sizeBytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) throw new ProtocolError(`The answer is larger than ${maxBytes} bytes.`);
      controller.enqueue(chunk);
    },
  });
}

/**
 * Wraps the global `fetch`: a body over the limit ends the read with a `ProtocolError`, and the caller's signal ends
 * it at any time (the global one forgets the signal after the headers when memory is collected).
 */
export function cappedFetch(maxBytes = MAX_BODY_BYTES): typeof fetch {
  return async (input, init) => {
    const { body, status, statusText, headers } = await fetch(input, init);
    const capped = body?.pipeThrough(cap(maxBytes), { signal: init?.signal ?? undefined });
    return new Response(capped ?? null, { status, statusText, headers });
  };
}

/** The largest event of a stream, in bytes: the client copies all it has of one with each chunk. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;

const [LF, CR] = [10, 13];

/** Counts the bytes since the last blank line, which ends an event. A line that never ends is no sign of life. */
function capEvents(maxBytes: number, onLine: () => void): TransformStream<Uint8Array, Uint8Array> {
  let [eventBytes, lineBytes] = [0, 0];
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (chunk.includes(LF)) onLine();
      for (const byte of chunk) {
        eventBytes++;
        if (byte === LF && lineBytes === 0) eventBytes = 0;
        if (byte === LF) lineBytes = 0;
        else if (byte !== CR) lineBytes++;
        if (eventBytes > maxBytes) throw new ProtocolError(`An event is larger than ${maxBytes} bytes.`);
      }
      controller.enqueue(chunk);
    },
  });
}

export interface StreamFetchOptions {
  /** Called when a line has come, also one that the client does not pass on. */
  onLine: () => void;
  base?: typeof fetch;
  maxEventBytes?: number;
}

/**
 * A `fetch` for streams: each event is capped and not the whole, which may go on for hours. An error is no stream: the
 * client reads all of it, so it has one cap, and nothing in it keeps the call alive.
 */
export function streamFetch({ onLine, base, maxEventBytes = MAX_EVENT_BYTES }: StreamFetchOptions): typeof fetch {
  return async (input, init) => {
    const { body, status, statusText, headers } = await (base ?? fetch)(input, init);
    const isStream = status >= 200 && status < 300;
    if (isStream) onLine();
    const limit = isStream ? capEvents(maxEventBytes, onLine) : cap(maxEventBytes);
    const capped = body?.pipeThrough(limit, { signal: init?.signal ?? undefined });
    return new Response(capped ?? null, { status, statusText, headers });
  };
}
