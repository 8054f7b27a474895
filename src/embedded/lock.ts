/** A lock between processes, so that only one starts the keeper. */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UnreachableError } from '../errors';
import { isAlive, sleep } from './processes';

/** Starting and clearing away take less than half of this; an older lock belongs to a process that hangs. */
const STALE_MS = 90_000;

/**
 * Runs `work` while no other process does. A lock of a process that is gone is replaced.
 *
 * @param signal Ends the wait for the lock, not the work; its reason is thrown.
 * @throws UnreachableError when another process holds it for longer than 90 s.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    await acquire(path, own, signal);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** A hard link appears with its content in one step: there is no moment of an empty lock. */
async function acquire(path: string, own: string, signal?: AbortSignal): Promise<void> {
  // A little longer than a lock may last, so that one of a hanging process is replaced within the wait.
  const end = Date.now() + STALE_MS + 5000;
  while (Date.now() < end) {
    signal?.throwIfAborted();
    try {
      await link(own, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(path)) await breakLock(path, own);
    else await sleep(50);
  }
  throw new UnreachableError('Another process is starting the embedded server and does not end.', `Remove ${path}.`);
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [pid, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return !isAlive(Number(pid)) || Date.now() - mtimeMs > STALE_MS;
  } catch {
    // Released in the meantime.
    return false;
  }
}

/** Of several that see the same stale lock only one can rename it; one that caught a fresh lock puts it back. */
async function breakLock(path: string, own: string): Promise<void> {
  const caught = `${own}.broken`;
  try {
    await rename(path, caught);
  } catch {
    // Another process was quicker.
    return;
  }
  if (!(await isStale(caught))) await link(caught, path).catch(() => undefined);
  await rm(caught, { force: true });
}
