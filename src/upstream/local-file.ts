/** A file of this machine on its way to upstream. */
import { constants, type ReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What another try may find otherwise: too many files open, a disk or a network share in trouble. */
const PASSING_CODES = ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN', 'EBUSY', 'ESTALE', 'ETIMEDOUT'];

/** A file that this machine cannot read. Nothing of it was sent. */
export class FileUnreadableError extends Error {
  override readonly name = 'FileUnreadableError';
  /** Whether trying again can help. */
  readonly isPassing: boolean;

  constructor(path: string, code: string) {
    super(`The worker cannot read the file ${path} (${code}): it must exist on the worker's machine.`);
    this.isPassing = PASSING_CODES.includes(code);
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    // Else a pipe that nobody writes to would hold a thread for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new FileUnreadableError(path, error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
  }
}

async function assertFile(handle: FileHandle, path: string): Promise<void> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new FileUnreadableError(path, stats.isDirectory() ? 'EISDIR' : 'not a regular file');
}

/**
 * Opens a file for `send`, and closes it however that ends: the client reads only when it is connected, and leaves what it
 * did not come to.
 *
 * @throws FileUnreadableError before anything is sent.
 */
export async function withFile<T>(path: string, send: (file: ReadStream) => Promise<T>): Promise<T> {
  const handle = await opened(path);
  try {
    await assertFile(handle, path);
    const stream = handle.createReadStream();
    // Who reads hears of an error; where nobody does, it would end the process.
    stream.on('error', () => undefined);
    // Upstream is told the name.
    stream.path = path;
    return await send(stream).finally(() => stream.destroy());
  } finally {
    await handle.close();
  }
}
