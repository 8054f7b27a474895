/** The records of a batch, out of the store and in input order. Only a page of each priority is in memory at a time. */
import { PRIORITIES, type BatchRecord, type PageRef, type StoredAnswer, type StoredRecord } from '../contracts';
import { outputText } from '../upstream/answer';
import { BlobMissingError, DamagedBlobError, type BlobStore } from '.';
import type { BatchManifest, StoredHead, StoredItem } from './batch-input';
import { batchKeys } from './keys';

/** What is said of an item that has no record; null leaves it out. */
export type Missing = (head: StoredHead, file: number) => KeylessRecord | null;

/** A record before the user's own key, which is in the input, is put into it. */
export type KeylessRecord = Omit<BatchRecord, 'customId'>;

export interface StoredEntry {
  record: BatchRecord;
  /** Where the record's text came from; null when it is not in the store, or there is no text. */
  answer: StoredAnswer | null;
  head: StoredHead;
  file: number;
}

const parse = (content: Buffer): unknown => JSON.parse(content.toString('utf8'));

export async function readManifest(store: BlobStore, folder: string): Promise<BatchManifest> {
  return parse(await store.get(batchKeys.manifest(folder))) as BatchManifest;
}

export async function readHeads(store: BlobStore, folder: string, file: number): Promise<StoredHead[]> {
  return parse(await store.get(batchKeys.heads(folder, file))) as StoredHead[];
}

/** An item as it was given: a retry starts from it. */
export async function readItem(store: BlobStore, folder: string, { head, file }: StoredEntry): Promise<StoredItem> {
  return parse(await store.get(batchKeys.page(folder, file), head.at)) as StoredItem;
}

/** An answer as it lies in the store. The text is in the output: of 60 MB it is not written twice. */
export const answerBlob = ({ response, requestId }: StoredAnswer): string => JSON.stringify({ response, requestId });

/** The answer; null when the store has none, or one that was changed: upstream may still have it. */
export async function readAnswer(store: BlobStore, key: string): Promise<StoredAnswer | null> {
  try {
    const stored = parse(await store.get(key)) as StoredAnswer;
    return { ...stored, outputText: outputText(stored.response.output) };
  } catch (error) {
    if (error instanceof BlobMissingError || error instanceof DamagedBlobError) return null;
    throw error;
  }
}

async function recordsOfPage(store: BlobStore, folder: string, file: number): Promise<Map<number, StoredRecord>> {
  const records = new Map<number, StoredRecord>();
  for (const key of await store.list(batchKeys.recordsOfPage(folder, file))) {
    const lines = (await store.get(key)).toString('utf8').split('\n').filter(Boolean);
    for (const line of lines) {
      const record = JSON.parse(line) as StoredRecord;
      records.set(record.index, record);
    }
  }
  return records;
}

type Told = Pick<StoredEntry, 'answer'> & { record: KeylessRecord };

async function withText(store: BlobStore, { answer, ...record }: StoredRecord): Promise<Told> {
  const told = (result: string | null, resultOmitted: boolean, stored: StoredAnswer | null = null): Told => ({
    record: { ...record, result, resultOmitted },
    answer: stored,
  });
  if (answer === null) return told(null, false);
  if (answer === 'upstream') return told(null, true);
  if ('inline' in answer) return told(answer.inline, false);
  const stored = await readAnswer(store, answer.key);
  return told(stored?.outputText ?? null, stored === null, stored);
}

async function* entriesOf(
  store: BlobStore,
  folder: string,
  pages: PageRef[],
  missing: Missing,
): AsyncGenerator<StoredEntry> {
  for (const { file } of pages) {
    const records = await recordsOfPage(store, folder, file);
    for (const head of await readHeads(store, folder, file)) {
      const stored = records.get(head.index);
      const { record, answer } = stored ? await withText(store, stored) : { record: missing(head, file), answer: null };
      if (record) yield { record: { ...record, customId: head.customId ?? null }, answer, head, file };
    }
  }
}

/** All records in input order. The items of one priority lie in order, so three streams are merged. */
export async function* readEntries(store: BlobStore, folder: string, missing: Missing): AsyncGenerator<StoredEntry> {
  const { pages } = await readManifest(store, folder);
  const streams = PRIORITIES.map((priority) =>
    entriesOf(
      store,
      folder,
      pages.filter((page) => page.priority === priority),
      missing,
    ),
  );
  const next = await Promise.all(streams.map((stream) => stream.next()));
  for (;;) {
    let first = -1;
    for (const [i, { done, value }] of next.entries()) {
      const lowest = next[first]?.value as StoredEntry | undefined;
      if (!done && (!lowest || value.record.index < lowest.record.index)) first = i;
    }
    const entry = next[first]?.value as StoredEntry | undefined;
    if (!entry) return;
    yield entry;
    next[first] = await streams[first]!.next();
  }
}
