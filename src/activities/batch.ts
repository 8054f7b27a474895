/** The activities of batches: all they do is read and write the store. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { BatchRecord, ItemHead, StoredRecord } from '../contracts';
import { MissingKeyError } from '../security/key-ring';
import { BlobMissingError, DamagedBlobError, batchKeys, type BlobStore } from '../store';
import { readEntries, readHeads } from '../store/batch-records';
import { withinTime } from '../within-time';
import { underHeartbeats } from './heartbeat';

/** A store over a network may be a moment behind; after these attempts it is not there. */
const READ_ATTEMPTS = 5;

/** Well within the time of an attempt: one that the server has to end never comes to its last one. */
const READ_FEW_MS = 30_000;

/** Not there, changed, or written with a key that this worker lacks. */
const UNREADABLE = [BlobMissingError, DamagedBlobError, MissingKeyError, SyntaxError];

/** What the workflow's result may carry: far below the 2 MB of a payload, since people look at it in the Web UI. */
const MAX_FEW_BYTES = 200 * 1024;

async function readHeadsOf(store: BlobStore, folder: string, file: number): Promise<ItemHead[]> {
  try {
    // No workflow needs the user's own key, which may be any text.
    return (await readHeads(store, folder, file)).map((head) => ({ ...head, customId: undefined }));
  } catch (error) {
    const gone = UNREADABLE.some((type) => error instanceof type);
    if (!gone || Context.current().info.attempt < READ_ATTEMPTS) throw error;
    const message =
      `The worker cannot read the input of the batch in ${store.place} (${(error as Error).name}). ` +
      'The client and every worker need the same DURABLE_RESPONSES_STORE and the same keys. Nothing was started.';
    throw ApplicationFailure.nonRetryable(message, 'InputUnreadable');
  }
}

async function readRecords(store: BlobStore, folder: string): Promise<BatchRecord[] | null> {
  const records: BatchRecord[] = [];
  let sizeBytes = 0;
  // Those that were never started are named by the client, which knows why.
  for await (const { record } of readEntries(store, folder, () => null)) {
    sizeBytes += Buffer.byteLength(JSON.stringify(record));
    if (sizeBytes > MAX_FEW_BYTES) return null;
    records.push(record);
  }
  return records;
}

/**
 * They are all in the store, where whoever wants them reads them, and meets what is wrong there: in the result they are
 * a convenience, for which no batch is kept open. So after these attempts they are left out, whether a blob is gone or
 * the store is away.
 */
async function readFewOf(store: BlobStore, folder: string): Promise<BatchRecord[] | null> {
  const late = `The store ${store.place} did not give the records within ${READ_FEW_MS / 1000} s.`;
  try {
    return await withinTime(READ_FEW_MS, late, () => readRecords(store, folder));
  } catch (error) {
    if (Context.current().info.attempt < READ_ATTEMPTS) throw error;
    return null;
  }
}

export function createBatchActivities({ store }: { store: BlobStore }) {
  return {
    /** What a page's workflow knows of its items. @throws `InputUnreadable` when this worker sees another store. */
    readHeads({ folder, file }: { folder: string; file: number }): Promise<ItemHead[]> {
      return underHeartbeats(() => readHeadsOf(store, folder, file));
    },

    /** Writes records down; writing them again changes nothing. */
    saveRecords(input: { folder: string; file: number; chunk: number; records: StoredRecord[] }): Promise<void> {
      const lines = input.records.map((record) => `${JSON.stringify(record)}\n`).join('');
      return underHeartbeats(() => store.put(batchKeys.records(input.folder, input.file, input.chunk), lines));
    },

    /** The records of a small batch; null when they are too large for the result of a workflow, or cannot be had. */
    readFew({ folder }: { folder: string }): Promise<BatchRecord[] | null> {
      return underHeartbeats(() => readFewOf(store, folder));
    },
  };
}
