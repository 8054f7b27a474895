/** A file that is there whole or not at all, written as its lines come. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

/**
 * Writes `chunks` to `path`, at no time more than a few in memory. An error leaves what was there before. Where a link has
 * the name, it is replaced, and what it leads to stays as it is.
 */
export async function writeWhole(path: string, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const file = createWriteStream(partial, { flags: 'wx', flush: true });
  try {
    for await (const chunk of chunks) if (!file.write(chunk)) await once(file, 'drain');
    file.end();
    await finished(file);
    renameSync(partial, path);
  } catch (error) {
    file.destroy();
    rmSync(partial, { force: true });
    throw error;
  }
}

/** Writes `chunks` to a stream that goes on afterwards, as fast as it takes them. A reader that has seen enough is no error. */
export async function pour(chunks: AsyncIterable<string>, stream: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), stream, { end: false });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
