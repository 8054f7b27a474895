/** Batches whose workflow was terminated or failed. Their pages outlive it for a moment: they cancel what runs. */
import type { Client } from '@temporalio/client';
import type { BatchResult } from '../contracts';
import type { BlobStore } from '../store';
import { readManifest } from '../store/batch-records';
import { countRecord, emptyTally } from '../workflows/tally';
import { executionOf } from './describe';
import { entriesOf, type LostBatch, type RecordedBatch } from './records';

/** Far more than a cancel upstream takes. Without a worker they never end. */
const PAGES_END_WITHIN_MS = 10_000;

/** The result of a batch whose workflow gave none, counted from its records. */
export interface LostBatchResult extends BatchResult {
  status: 'lost';
  /** Pages that still run and may write more records down. */
  openPages: number;
}

/** In the order of their start. The batch's own history says it for sure: pages may be gone from the server by now. */
async function pagesInHistory(client: Client, batchId: string): Promise<{ id: string; completed: boolean }[]> {
  const { events } = await client.workflow.getHandle(batchId).fetchHistory();
  const completed = new Set(
    (events ?? []).map((event) => event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId),
  );
  const opened = (events ?? []).map((event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId);
  return opened.filter((id) => typeof id === 'string').map((id) => ({ id, completed: completed.has(id) }));
}

/** Pages that did not complete: what they have not written down may have been started. Others write all of it down. */
export async function readLostPages(client: Client, batchId: string): Promise<Pick<LostBatch, 'pages' | 'open'>> {
  const [pages, open]: [number[], string[]] = [[], []];
  for (const [page, { id, completed }] of (await pagesInHistory(client, batchId)).entries()) {
    const execution = completed ? 'COMPLETED' : await executionOf(client, id);
    if (execution === 'COMPLETED') continue;
    pages.push(page);
    if (execution === 'RUNNING') open.push(id);
  }
  return { pages, open };
}

/** Waits for pages that still run, as long as a worker may take to cancel their tasks. */
export async function untilEnded(client: Client, ids: string[]): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PAGES_END_WITHIN_MS);
  const end = (id: string) =>
    client.connection.withAbortSignal(stop.signal, () => client.workflow.getHandle(id).result());
  // How they end is read afterwards.
  await Promise.allSettled(ids.map(end));
  clearTimeout(timer);
}

/** Counts the records of a lost batch. Its `records` are null. */
export async function countLost(store: BlobStore, batch: RecordedBatch, lost: LostBatch): Promise<LostBatchResult> {
  const tally = emptyTally();
  let notStarted = 0;
  for await (const { record } of entriesOf(store, batch)) {
    countRecord(tally, record);
    if (record.error?.code === 'not_started') notStarted++;
  }
  const { total, retryOf } = await readManifest(store, batch.folder);
  return {
    batchId: batch.id,
    status: 'lost',
    reason: lost.reason,
    total,
    counts: tally.counts,
    notStarted,
    usage: tally.usage,
    // The prices are in the input of the workflow.
    costUsd: null,
    pricesAsOf: null,
    retries: tally.retries,
    lostPages: lost.pages,
    retryOf,
    seconds: lost.seconds,
    records: null,
    openPages: lost.open.length,
  };
}
