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
