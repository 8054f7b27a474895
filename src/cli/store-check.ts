/** Whether the store takes a blob and gives it back. */
import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors';
import type { BlobStore } from '../store';
import { withinTime } from '../within-time';

/** @throws Error when something else came back; what the store throws. */
async function tryOut(store: BlobStore): Promise<void> {
  const key = `doctor/${randomUUID()}`;
  await store.put(key, key);
  const back = await store.get(key);
  await store.remove([key]);
  if (back.toString() !== key) throw new Error('What it gave back is not what was written.');
}

/** What is wrong with a store, within a time; undefined when a blob was written, read and deleted. */
export async function storeProblem(store: BlobStore, deadlineMs: number): Promise<string | undefined> {
  try {
    await withinTime(deadlineMs, `no answer within ${deadlineMs / 1000} s`, () => tryOut(store));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
