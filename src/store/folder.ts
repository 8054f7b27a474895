/** A folder as a store: for one machine, or for several that mount it. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { BlobEntry, BlobStore, ByteRange } from '.';
import { BlobMissingError } from './errors';

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Prompts and answers are private: nobody but the owner reads them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Renamed when whole and on the disk, so that a crash leaves the old blob, the new one, or none. */
async function write(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  try {
    const file = await open(partial, 'wx', FILE_MODE);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function read(path: string, range?: ByteRange): Promise<Buffer | null> {
  const file = await open(path, 'r');
  try {
    if (!range) return await file.readFile();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(range.length), 0, range.length, range.offset);
    return bytesRead === range.length ? buffer : null;
  } finally {
    await file.close();
  }
}

/** Keys are made by this package; should one ever come from elsewhere, it still leads nowhere else. */
function pathOf(root: string, key: string): string {
  if (!/^[A-Za-z0-9%._~-]+(\/[A-Za-z0-9%._~-]+)*\/?$/.test(key) || /(^|\/)\.\.?(\/|$)/.test(key)) {
    throw new TypeError('Not a key of the store.');
  }
  return join(root, key);
}

/** Null for what is gone meanwhile. */
function unlessMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

async function* walk(root: string, prefix: string): AsyncGenerator<BlobEntry> {
  const top = pathOf(root, prefix);
  const found = (await readdir(top, { recursive: true, withFileTypes: true }).catch(unlessMissing)) ?? [];
  for (const entry of found) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const facts = await stat(path).catch(unlessMissing);
    if (!facts) continue;
    yield { key: relative(root, path).split(sep).join('/'), sizeBytes: facts.size, writtenMs: facts.mtimeMs };
  }
}

/** Deletes the file, and the folders that it leaves empty. */
async function removeFile(root: string, key: string): Promise<void> {
  const path = pathOf(root, key);
  await rm(path, { force: true });
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    // Somebody else's blob is in it, or somebody was quicker.
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/** A store in the folder `path`, which is made when it is first written to (mode 0700, files 0600). */
export function folderStore(path: string): BlobStore {
  const root = resolve(path);
  return {
    place: root,
    put: (key, content) => write(pathOf(root, key), content),
    get: async (key, range) => {
      const content = await read(pathOf(root, key), range).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      });
      if (!content) throw new BlobMissingError(key, root);
      return content;
    },
    removeAll: (prefix) => rm(pathOf(root, prefix), { recursive: true, force: true }),
    remove: async (keys) => {
      for (const key of keys) await removeFile(root, key);
    },
    entries: (prefix) => walk(root, prefix),
    list: async (prefix) => {
      const names = await readdir(pathOf(root, prefix)).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      return names
        .filter((name) => !name.endsWith('.tmp'))
        .sort()
        .map((name) => `${prefix}${name}`);
    },
  };
}
