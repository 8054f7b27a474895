/** What the client does with batches. */
import type { BatchPlan, BatchProgress, BatchRecord, BatchResult, BatchSettings, TaskOutcome } from '../contracts';
import { UsageError } from '../errors';
import { freshId } from '../names';
import { requestOfBatch } from './ask';
import { startBatch, type StartedBatch } from './batch';
import { countLost, untilEnded, type LostBatchResult } from './lost-batch';
import { readBatchResult, type WaitOptions } from './read';
import { readRecorded } from './read-batch';
import { readRunning, type RunningItems } from './running';
import { batchReader, type BatchReader } from './records';
import { checkOutcomes, itemsToRetry, RETRIED_OUTCOMES } from './retry';
import { assertId, random, Session } from './session';
import type { Started } from './start';

/** More are read one by one. */
export const MAX_RECORDS_IN_RESULT = 1_000;

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
    assertId(batchId);
    const { id = freshId(`${batchId}-retry`, null, new Date(), random()), statuses = RETRIED_OUTCOMES } = options;
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

  /** What runs of a batch now, longest first; at most `limit` (20) of it are told. A moment behind. */
  async batchRunning(id: string, options: { limit?: number } = {}): Promise<RunningItems> {
    return readRunning(this.temporal, assertId(id), options.limit ?? 20);
  }

  /**
   * Waits for a batch's end; with its records when they are few (else see `batchReader`). @throws as `result`.
   * @param options `records: false` for those who will read them one by one.
   */
  async batchResult(id: string, options: WaitOptions & { records?: boolean } = {}): Promise<BatchResult> {
    const result = await this.wherever((client, wait) => readBatchResult(client, assertId(id), wait), options);
    return this.withRecords(result, options);
  }

  /**
   * What is known of a batch for which `batchResult` throws a `TaskEndedError`: counted from its records, as those of
   * `batchReader` are. Waits up to 10 s for its pages, which cancel what runs. An item that was perhaps started and is
   * not written down is `unknown`: its response may still run upstream.
   * @throws UsageError when the batch runs, or ended with a result.
   */
  async lostBatchResult(id: string, options: { records?: boolean } = {}): Promise<LostBatchResult> {
    const before = await readRecorded(this.temporal, assertId(id));
    if (!before.lost) throw new UsageError([`${id}: runs, or ended with a result; use batchResult`]);
    const { open } = before.lost;
    if (open.length > 0) await untilEnded(this.temporal, open);
    const batch = open.length > 0 ? await readRecorded(this.temporal, id) : before;
    return this.withRecords(await countLost(this.store, batch, batch.lost ?? before.lost), options);
  }

  /** Those of a batch that is not too large, unless they are not wanted. */
  private async withRecords<T extends BatchResult>(result: T, options: { records?: boolean }): Promise<T> {
    if (options.records === false || result.total > MAX_RECORDS_IN_RESULT) return { ...result, records: null };
    const records: BatchRecord[] = [];
    for await (const record of (await this.batchReader(result.batchId)).records()) records.push(record);
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
