/** A `fetch` that never reads more of a body than it was told to. */
import { ProtocolError } from './failures';

/** The largest body read, in bytes: an answer of 60 MB passes, an endless one does not fill the memory. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

function cap(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  let sizeBytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > maxBytes) throw new ProtocolError(`The answer is larger than ${maxBytes} bytes.`);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** Wraps the global `fetch`; a body over the limit ends the read with a `ProtocolError`. */
export function cappedFetch(maxBytes = MAX_BODY_BYTES): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    // A compressed body grows when it is read, so its length says nothing.
    const compressed = response.headers.has('content-encoding');
    const sizeBytes = compressed ? Infinity : Number(response.headers.get('content-length') ?? Infinity);
    if (!response.body || sizeBytes <= maxBytes) return response;
    const { status, statusText, headers } = response;
    return new Response(cap(response.body, maxBytes), { status, statusText, headers });
  };
}
