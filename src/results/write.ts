/** A file that is there whole or not at all, written as its lines come. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnwrittenFileError } from '../errors';

/** Those being written now. One listener for all: many may be written at once, and more than ten would be warned of. */
const partials = new Set<string>();

function remove(partial: string): void {
  try {
    rmSync(partial, { force: true });
  } catch {
    // Where it could not be made, it may not even be looked for: what kept it from being made is the news.
  }
}

const removeAll = (): void => partials.forEach(remove);

/** Whatever ends the process meanwhile, short of a kill, leaves no partial file. */
async function whileNamed(partial: string, write: () => Promise<void>): Promise<void> {
  if (partials.size === 0) process.once('exit', removeAll);
  partials.add(partial);
  try {
    await write();
  } finally {
    partials.delete(partial);
    if (partials.size === 0) process.removeListener('exit', removeAll);
  }
}

/**
 * Writes `chunks` to `path`, at no time more than a few in memory. An error leaves what was there before. Where a link has
 * the name, it is replaced, and what it leads to stays as it is.
 *
 * @throws UnwrittenFileError when the file is at fault; what `chunks` throws as it is.
 */
export function writeWhole(path: string, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const failed: unknown[] = [];
  const watched = async function* () {
    try {
      yield* chunks;
    } catch (error) {
      failed.push(error);
      throw error;
    }
  };
  return whileNamed(partial, async () => {
    try {
      await pipeline(Readable.from(watched()), createWriteStream(partial, { flags: 'wx', flush: true }));
      renameSync(partial, path);
    } catch (error) {
      remove(partial);
      throw failed.includes(error) ? error : new UnwrittenFileError(path, error);
    }
  });
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
