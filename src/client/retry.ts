/** `batch retry`: the failed items of a batch, in a new one. */
import { OUTCOMES, type BatchItem, type TaskOutcome } from '../contracts';
import { UsageError } from '../errors';
import type { BlobStore } from '../store';
import { readItem } from '../store/batch-records';
import { entriesOf, type RecordedBatch } from './records';

/**
 * What is tried again unless it is said otherwise. Not `unknown`: those may have been paid and may still run. Not
 * `incomplete`: the same request would most likely end the same way.
 */
export const RETRIED_OUTCOMES: readonly TaskOutcome[] = ['failed', 'timed_out', 'expired', 'cancelled', 'rejected'];

/** @throws UsageError for what is no outcome, or means something that is done. */
export function checkOutcomes(outcomes: readonly string[]): asserts outcomes is TaskOutcome[] {
  const known = OUTCOMES.filter((outcome) => outcome !== 'completed');
  const wrong = outcomes.filter((outcome) => !(known as string[]).includes(outcome));
  if (wrong.length > 0 || outcomes.length === 0)
    throw new UsageError([`statuses: expected some of ${known.join(', ')}`]);
}

/** The items of an ended batch that ended so, as they were given. Lines that were no task cannot be tried. */
export async function* itemsToRetry(
  store: BlobStore,
  batch: RecordedBatch,
  outcomes: readonly TaskOutcome[],
): AsyncGenerator<BatchItem> {
  for await (const entry of entriesOf(store, batch)) {
    const { record, head } = entry;
    if (head.problem || !outcomes.includes(record.status)) continue;
    const { id, customId, task } = await readItem(store, batch.folder, entry);
    // Options of the whole batch are in the head: an item gets the same ones again.
    if (task) yield { id, customId, task: { ...task, options: head.options } };
  }
}
