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

/** Counts the bytes since the last blank line, which ends an event. */
function capEvents(maxBytes: number, onBytes: () => void): TransformStream<Uint8Array, Uint8Array> {
  let [eventBytes, lineBytes] = [0, 0];
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onBytes();
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
  /** Called whenever something has come, also what the client does not pass on. */
  onBytes: () => void;
  base?: typeof fetch;
  maxEventBytes?: number;
}

/** A `fetch` for streams: each event is capped and not the whole, which may go on for hours. */
export function streamFetch({ onBytes, base, maxEventBytes = MAX_EVENT_BYTES }: StreamFetchOptions): typeof fetch {
  return async (input, init) => {
    const { body, status, statusText, headers } = await (base ?? fetch)(input, init);
    onBytes();
    const capped = body?.pipeThrough(capEvents(maxEventBytes, onBytes), { signal: init?.signal ?? undefined });
    return new Response(capped ?? null, { status, statusText, headers });
  };
}
