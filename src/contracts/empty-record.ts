/** The record of an item that gave no result. Pure; used by the workflow of a page and by the client. */
import type { StoredRecord } from './batch';
import type { ItemHead } from './page';
import type { TaskError, TaskOutcome } from './task';

/**
 * All of it but the answer, which the two keep differently.
 * @param endedAt ISO 8601; null when nobody knows.
 */
export function recordWithout(
  head: ItemHead,
  status: TaskOutcome,
  error: TaskError | null,
  endedAt: string | null,
): Omit<StoredRecord, 'answer'> {
  return {
    index: head.index,
    id: head.id,
    workflowId: null,
    responseId: null,
    status,
    priority: head.options.priority ?? 'medium',
    model: head.model,
    error,
    usage: null,
    seconds: null,
    startedAt: null,
    endedAt,
    polls: 0,
    creates: 0,
    retries: [],
    possibleOrphans: [],
    notCleaned: [],
  };
}

/** What is wrong with a line that is no task, as the error of its record. */
export function badLineError({ line, field, message }: NonNullable<ItemHead['problem']>): TaskError {
  return { code: 'bad_input', message: `line ${line}, ${field}: ${message}` };
}
