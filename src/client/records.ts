/** The records of batches, out of the store, with what no record says: what was never started, or was lost. */
import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { BatchRecord, BatchResult, ItemHead, StoredAnswer, TaskError, TaskOutcome } from '../contracts';
import { badLineError, recordWithout } from '../contracts/empty-record';
import { UsageError } from '../errors';
import { itemWorkflowId } from '../names';
import { BlobMissingError, type BlobStore } from '../store';
import { readAnswer, readEntries, readManifest, type KeylessRecord, type StoredEntry } from '../store/batch-records';
import { batchKeys } from '../store/keys';
import { fetchAnswer, fetchResponse, type UpstreamOf } from './omitted';

/** What is known of a batch whose workflow was terminated or failed. */
export interface LostBatch {
  /** Why, in the server's words. */
  reason: string;
  /** From start to end of the workflow. */
  seconds: number;
  /** Numbers of the pages whose items may have been started without a record. */
  pages: number[];
  /** The workflows of those of them that still run. */
  open: string[];
}

/** What is known of a batch whose records are read. */
export interface RecordedBatch {
  id: string;
  folder: string;
  /** Null when the batch runs, or ended without a result. */
  result: BatchResult | null;
  /** Set when it ended without one. */
  lost: LostBatch | null;
  /** False while it runs: items without a record are left out. */
  ended: boolean;
}

function emptyRecord(head: ItemHead, status: TaskOutcome, error: TaskError, workflowId: string | null): KeylessRecord {
  return { ...recordWithout(head, status, error, null), workflowId, result: null, resultOmitted: false };
}

/** @param maybeStarted Its page is lost: nobody knows whether it was started. */
function missingRecord({ id, result, lost }: RecordedBatch, head: ItemHead, maybeStarted: boolean): KeylessRecord {
  // Bad lines are known from the input, whether their page was opened or not.
  if (head.problem) return emptyRecord(head, 'rejected', badLineError(head.problem), null);
  const workflowId = itemWorkflowId(id, head.id);
  if (!maybeStarted) {
    const reason = result?.reason ?? lost?.reason ?? 'no reason given';
    const message = `The batch was stopped before this item was started: ${reason}`;
    return emptyRecord(head, 'cancelled', { code: 'not_started', message }, null);
  }
  const what = result ? 'The workflow of its page' : 'The batch';
  const message =
    `${what} ended before it wrote this item down. If ${workflowId} was started, its response may be paid: ` +
    `see \`task status ${workflowId}\`; \`sweep\` finds what is left running, and cancels it.`;
  return emptyRecord(head, 'unknown', { code: result ? 'page_lost' : 'batch_lost', message }, workflowId);
}

/** @throws UsageError when this client sees another store than the one that started the batch. */
async function assertStored(store: BlobStore, { id, folder }: RecordedBatch): Promise<void> {
  try {
    await store.get(batchKeys.manifest(folder));
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error;
    throw new UsageError([
      `${id}: its records are not in ${store.place}; set DURABLE_RESPONSES_STORE to the one it was started with`,
    ]);
  }
}

/** Everything the store has of a batch, in input order. One page at a time is in memory. */
export async function* entriesOf(store: BlobStore, batch: RecordedBatch): AsyncGenerator<StoredEntry> {
  await assertStored(store, batch);
  const { pages } = await readManifest(store, batch.folder);
  const lostPages = batch.result?.lostPages ?? batch.lost?.pages ?? [];
  const lostFiles = new Set(lostPages.map((page) => pages[page]?.file));
  yield* readEntries(store, batch.folder, (head, file) =>
    batch.ended ? missingRecord(batch, head, lostFiles.has(file)) : null,
  );
}

/** Answers that are neither in the workflow nor in the store are fetched from upstream, where they can be had. */
async function withAnswerOf(record: BatchRecord, upstream: UpstreamOf): Promise<BatchRecord> {
  if (!record.resultOmitted || !record.responseId) return record;
  const answer = await fetchAnswer(upstream, record.id, record.responseId).catch(() => null);
  return answer ? { ...record, result: answer.outputText, resultOmitted: false } : record;
}

/** Outcomes that a response itself had. Of the others there may be one, but not one that counts. */
const OF_A_RESPONSE: readonly TaskOutcome[] = ['completed', 'failed', 'incomplete', 'cancelled'];

/** A record with the whole Response as upstream gave it. */
export interface RecordWithResponse {
  record: BatchRecord;
  /** Null when there is none that counts, or it could not be had. */
  answer: StoredAnswer | null;
}

async function responseOf(store: BlobStore, folder: string, entry: StoredEntry, upstream: UpstreamOf) {
  const { record, head } = entry;
  const { responseId, status } = record;
  if (!responseId || !OF_A_RESPONSE.includes(status)) return null;
  const stored = entry.answer ?? (await readAnswer(store, batchKeys.answer(folder, record.index)));
  // Of a task that created again (`retryOn`), the store may have an earlier response.
  if (stored?.response.id === responseId) return stored;
  const fetched = await fetchResponse(upstream, responseId, head.include).catch(() => null);
  return fetched?.response.status === status ? fetched : null;
}

/** Reads what a batch has written down. */
export interface BatchReader {
  /** Null while the batch runs, and when it was ended without a result. */
  readonly result: BatchResult | null;
  /** In input order; of a running batch those there are. What cannot be fetched is `resultOmitted`. */
  records(): AsyncGenerator<BatchRecord>;
  /** The same, with the whole Response of each. */
  responses(): AsyncGenerator<RecordWithResponse>;
  /** The output items of an answer, as the API gave them; null when the store has none. */
  outputOf(record: BatchRecord): Promise<ResponseOutputItem[] | null>;
}

export function batchReader(store: BlobStore, upstream: UpstreamOf, batch: RecordedBatch): BatchReader {
  const { folder } = batch;
  return {
    result: batch.result,
    async *records() {
      for await (const { record } of entriesOf(store, batch)) yield await withAnswerOf(record, upstream);
    },
    async *responses() {
      for await (const entry of entriesOf(store, batch))
        yield { record: entry.record, answer: await responseOf(store, folder, entry, upstream) };
    },
    outputOf: async ({ index }) => (await readAnswer(store, batchKeys.answer(folder, index)))?.response.output ?? null,
  };
}
