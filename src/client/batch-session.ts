/** What the client does with batches. */
import type { BatchPlan, BatchProgress, BatchRecord, BatchResult, BatchSettings, TaskOutcome } from '../contracts';
import { UsageError } from '../errors';
import { freshId } from '../names';
import { requestOfBatch } from './ask';
import { startBatch, type StartedBatch } from './batch';
import { readBatchResult, readRecorded, type WaitOptions } from './read';
import { batchReader, type BatchReader } from './records';
import { checkOutcomes, itemsToRetry, RETRIED_OUTCOMES } from './retry';
import { assertId, random, Session } from './session';
import type { Started } from './start';

/** More are read one by one. */
const MAX_RECORDS_IN_RESULT = 1_000;

export class BatchSession extends Session {
  /**
   * Starts a batch of up to 100,000 items, from a list or from an (async) iterable; see `parseBatchLines` for files.
   * The items are kept in the store, so their source may change afterwards. The same `id` joins.
   * @throws UsageError when an item or a setting is not valid, or there is no item: nothing was started.
   */
  async startBatch(batch: BatchPlan, options: { id?: string } = {}): Promise<StartedBatch> {
    const id = assertId(options.id ?? freshId('batch', null, new Date(), random()));
    return startBatch(this.context, batch, { id, random: random() });
  }

  /**
   * Tries the items of an ended batch again that ended as one of `statuses`, in a new batch that names the old one.
   * Each is a new paid run.
   * @param options `statuses`: default failed, timed_out, expired, cancelled and rejected; see `RETRIED_OUTCOMES`.
   * @throws UsageError when the batch has not ended, or no item ended so.
   */
  async retryBatch(
    batchId: string,
    options: { id?: string; statuses?: readonly TaskOutcome[] } & Pick<BatchSettings, 'concurrency' | 'budget'> = {},
  ): Promise<Started> {
    const { id = freshId(`${assertId(batchId)}-retry`, null, new Date(), random()), statuses = RETRIED_OUTCOMES } =
      options;
    checkOutcomes(statuses);
    const batch = await readRecorded(this.temporal, batchId);
    if (!batch.ended) throw new UsageError([`${batchId}: still runs; cancel it or wait for its end`]);
    const items = itemsToRetry(this.store, batch, statuses);
    const { concurrency, budget } = options;
    return startBatch(
      this.context,
      { items, concurrency, budget },
      { id: assertId(id), random: random(), retryOf: batchId },
    );
  }

  /** Starts nothing more of a batch until `resumeBatch`; running tasks go on. @throws as `changeTask`. */
  async pauseBatch(id: string): Promise<BatchProgress> {
    return requestOfBatch(this.temporal, assertId(id), { paused: true });
  }

  async resumeBatch(id: string): Promise<BatchProgress> {
    return requestOfBatch(this.temporal, assertId(id), { paused: false });
  }

  /** Changes how many tasks of a running batch may run at once: 1 to 500. @throws as `changeTask`. */
  async setBatchConcurrency(id: string, concurrency: number): Promise<BatchProgress> {
    return requestOfBatch(this.temporal, assertId(id), { concurrency });
  }

  /**
   * Waits for a batch's end; with its records when they are few (else see `batchReader`). @throws as `result`.
   * @param options `records: false` for those who will read them one by one.
   */
  async batchResult(id: string, options: WaitOptions & { records?: boolean } = {}): Promise<BatchResult> {
    const result = await readBatchResult(this.temporal, assertId(id), options);
    if (options.records === false || result.total > MAX_RECORDS_IN_RESULT) return { ...result, records: null };
    const records: BatchRecord[] = [];
    for await (const record of (await this.batchReader(id)).records()) records.push(record);
    return { ...result, records };
  }

  /**
   * The records of a batch, read from the store as they are asked for.
   * @throws UsageError when `id` is no batch; the first record, when its store is another one.
   */
  async batchReader(id: string): Promise<BatchReader> {
    return batchReader(this.store, () => this.upstream(), await readRecorded(this.temporal, assertId(id)));
  }
}
