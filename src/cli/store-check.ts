/** Whether the store takes a blob and gives it back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors';
import type { BlobStore } from '../store';

/** @throws Error when it was not done in time, or something else came back. */
async function tryOut(store: BlobStore): Promise<void> {
  const key = `doctor/${randomUUID()}`;
  await store.put(key, key);
  const back = await store.get(key);
  await store.remove([key]);
  if (back.toString() !== key) throw new Error('What it gave back is not what was written.');
}

/** What is wrong with a store, within a time; undefined when a blob was written, read and deleted. */
export async function storeProblem(store: BlobStore, deadlineMs: number): Promise<string | undefined> {
  const isDone = new AbortController();
  const late = sleep(deadlineMs, undefined, { signal: isDone.signal }).then(() => {
    throw new Error(`no answer within ${deadlineMs / 1000} s`);
  });
  // Where it is not late, its timer is taken back.
  late.catch(() => undefined);
  try {
    await Promise.race([tryOut(store), late]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    isDone.abort();
  }
}
