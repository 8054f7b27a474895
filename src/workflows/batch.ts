/** Many tasks: pages of awaited children, each isolated from the others, and a window that never drains between pages. */
import { ApplicationFailure, CancellationScope, CancelledFailure, condition, workflowInfo } from '@temporalio/workflow';
import type { BatchInput, BatchRecord, BatchResult } from '../contracts';
import { listenToBatch } from './batch-handlers';
import { startPage } from './batch-pages';
import { openBatch, resultOf, showBatch, type Batch } from './batch-state';
import { pages } from './policies';

/** The records of so few items may be in the result itself. */
const FEW_ITEMS = 100;

async function startPages(batch: Batch): Promise<void> {
  const ends: Promise<void>[] = [];
  for (const page of batch.input.pages.keys()) {
    const wanted = () => batch.recalling === null && (batch.nextWanted || batch.open.size === 0);
    await condition(() => batch.stop !== null || wanted());
    if (batch.stop || batch.unreadable !== null) break;
    ends.push((await startPage(batch, page)).ended);
  }
  await Promise.all(ends);
}

async function fewRecords({ input, total }: Batch): Promise<BatchRecord[] | null> {
  if (total > FEW_ITEMS) return null;
  return pages.readFew.executeWithOptions({ summary: 'read the records' }, [{ folder: input.folder }]);
}

async function runAll(batch: Batch): Promise<BatchResult> {
  await startPages(batch);
  if (batch.unreadable !== null) throw ApplicationFailure.nonRetryable(batch.unreadable, 'InputUnreadable');
  batch.endedAtMs = Date.now();
  const result = resultOf(batch, batch.endedAtMs);
  batch.result = { ...result, records: await fewRecords(batch) };
  showBatch(batch);
  return batch.result;
}

/**
 * Runs the items of a batch, which lie in the store, as child `responseTask`s named `<batch id>/<item id>`, at most
 * `concurrency` at once. An item that is refused, fails, or is terminated by hand is a record and never stops the
 * others. After `cancelBatch` nothing more is started, running tasks are cancelled upstream and awaited, and what was
 * finished is kept; after Temporal's cancel it closes as Cancelled (query `batchResult`).
 *
 * Items run in pages, each a child workflow, so that no history grows with the batch. A page that has nothing more to
 * start hands its slots to the next: the window stays full. This workflow gets about 30 events a page.
 *
 * Fails with `InputUnreadable` when the worker cannot read the first page: then nothing was started.
 */
export async function responseBatch(input: BatchInput): Promise<BatchResult> {
  if (!Array.isArray(input?.pages) || input.pages.length === 0)
    throw ApplicationFailure.nonRetryable('Expected { folder, pages, concurrency }; use startBatch.', 'BadInput');
  const batch = openBatch(input, workflowInfo().workflowId, Date.now());
  listenToBatch(batch);
  const result = await CancellationScope.nonCancellable(() => runAll(batch));
  if (batch.stop?.by === 'temporal')
    throw new CancelledFailure('The batch was cancelled; query batchResult for its result.');
  return result;
}
