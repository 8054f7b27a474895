/** What a running batch can be told and asked. */
import { ApplicationFailure, CancellationScope, patched, setHandler, sleep } from '@temporalio/workflow';
import { MAX_CONCURRENCY } from '../settings';
import {
  addSlotsSignal,
  batchProgressQuery,
  batchResultQuery,
  batchStateQuery,
  cancelBatchSignal,
  pageNearlyStartedSignal,
  pageRecalledSignal,
  pageReportSignal,
  pauseBatchUpdate,
  resumeBatchUpdate,
  setConcurrencyUpdate,
} from './batch-messages';
import { changeSlots, giveSlots, noteRecalled, pausePages, stopBatch, stopWhenUsedUp } from './batch-pages';
import { showBatch, stateOf, type Batch } from './batch-state';
import { reasonFrom } from './reason';
import { progressOf } from './tally';

function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'BadInput');
}

function refuseWhenOver(batch: Batch): void {
  if (batch.result) refuse('The batch has ended.');
  if (batch.stop) refuse(`The batch is being stopped: ${batch.stop.reason}`);
}

function refuseConcurrency(batch: Batch, concurrency: number): void {
  refuseWhenOver(batch);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY)
    refuse(`concurrency: expected a whole number from 1 to ${MAX_CONCURRENCY}`);
}

/**
 * A worker that does not have the workflow in memory may handle an update before what the server had told just before it,
 * and then, replaying, after it (sdk-rust#1146). So a handler only notes what people want: pages are told after a timer,
 * when both orders have come to the same.
 */
function afterUpdate(batch: Batch, tellPages: (batch: Batch) => void): void {
  if (!patched('told-after-update')) return tellPages(batch);
  const told = () => sleep(1, { summary: 'tell the pages' }).then(() => tellPages(batch));
  void CancellationScope.nonCancellable(told);
}

function pause(batch: Batch, paused: boolean) {
  batch.paused = paused;
  afterUpdate(batch, pausePages);
  showBatch(batch);
  return progressOf(stateOf(batch), Date.now());
}

function listenToPeople(batch: Batch): void {
  setHandler(
    cancelBatchSignal,
    (reason) => stopBatch(batch, 'cancelled', 'signal', reasonFrom(reason, 'cancelBatch signal')),
    {
      description: 'Start nothing more and cancel every running task upstream. Argument: an optional reason.',
    },
  );
  setHandler(pauseBatchUpdate, () => pause(batch, true), {
    validator: () => refuseWhenOver(batch),
    description: 'Start nothing more until resumeBatch; running tasks go on.',
  });
  setHandler(resumeBatchUpdate, () => pause(batch, false), {
    validator: () => refuseWhenOver(batch),
    description: 'Go on after pauseBatch.',
  });
  setHandler(
    setConcurrencyUpdate,
    (concurrency: number) => {
      batch.concurrency = concurrency;
      afterUpdate(batch, changeSlots);
      showBatch(batch);
      return progressOf(stateOf(batch), Date.now());
    },
    {
      validator: (concurrency: number) => refuseConcurrency(batch, concurrency),
      description: `Change how many tasks may run at once: 1 to ${MAX_CONCURRENCY}.`,
    },
  );
  CancellationScope.current().cancelRequested.catch(() => stopBatch(batch, 'cancelled', 'temporal', 'cancel request'));
}

function listenToPages(batch: Batch): void {
  setHandler(addSlotsSignal, (slots, from) => giveSlots(batch, slots, from));
  setHandler(pageRecalledSignal, (page) => noteRecalled(batch, page));
  setHandler(pageNearlyStartedSignal, () => void (batch.nextWanted = true));
  setHandler(pageReportSignal, (page, tally) => {
    const open = batch.open.get(page);
    if (open) open.tally = tally;
    stopWhenUsedUp(batch);
    showBatch(batch);
  });
}

/** All handlers are synchronous: none can be under way when the workflow returns. */
export function listenToBatch(batch: Batch): void {
  listenToPeople(batch);
  listenToPages(batch);
  setHandler(batchProgressQuery, () => progressOf(stateOf(batch), Date.now()), {
    description: 'Counts, rate, time left, tokens, cost.',
  });
  setHandler(batchStateQuery, () => stateOf(batch), { description: 'What batchProgress is made of.' });
  setHandler(batchResultQuery, () => batch.result, { description: 'The result; null while the batch runs.' });
}
