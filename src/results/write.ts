/** A file that is there whole or not at all, written as its lines come. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Writes `chunks` to `path`, at no time more than a few in memory. An error leaves what was there before. */
export async function writeWhole(path: string, chunks: AsyncIterable<string>): Promise<void> {
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
