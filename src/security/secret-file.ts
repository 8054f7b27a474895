/** Files with secrets: refused when others may read them, made in one step. */
import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { UsageError } from '../errors';

/** Nobody else may read or change it; the group may read, as container platforms mount secrets. */
const TOO_OPEN = 0o027;

/**
 * @param name Of the setting that names the file, for messages.
 * @throws UsageError when it cannot be read, or when others can.
 */
export async function readSecretFile(path: string, name: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    // Windows has no such modes: every file would seem open.
    if (process.platform === 'win32' || (mode & TOO_OPEN) === 0) return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new UsageError([`${name}: ${path} cannot be read (${code}); name a file that this program may read`]);
  }
  throw new UsageError([`${name}: other users have access to ${path}; run \`chmod 600 ${path}\``]);
}

/** Undefined when there is no such file. @throws UsageError when others can read it. */
export async function findSecretFile(path: string, name: string): Promise<string | undefined> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere ? readSecretFile(path, name) : undefined;
}

/**
 * Reads the file, and makes it when it is not there (mode 0600). Of several programs that make it at the same moment one
 * wins, and all read what that one wrote. The folder must be there.
 *
 * @throws UsageError when others can read it; what the file system throws.
 */
export async function ensureSecretFile(path: string, name: string, content: string): Promise<string> {
  const found = await findSecretFile(path, name);
  if (found !== undefined) return found;
  const own = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(own, 'wx', 0o600);
  try {
    await file.writeFile(content);
    // What it encrypts is on the disk at once: the key may not be lost by a power failure.
    await file.sync();
    // A hard link appears with its content, and never replaces another.
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await rm(own, { force: true });
  }
  return readSecretFile(path, name);
}
