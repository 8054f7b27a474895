/** Records of batches, for tests of what is made of them. */
import type { BatchRecord, BatchResult } from '../../src/contracts';

/** A completed record with these fields. */
export const aRecord = (fields: Partial<BatchRecord> = {}): BatchRecord => ({
  index: 0,
  id: 'item-0001',
  customId: null,
  workflowId: 'batch/item-0001',
  responseId: 'resp_1',
  status: 'completed',
  priority: 'medium',
  model: 'o3',
  result: 'An answer.',
  resultOmitted: false,
  error: null,
  usage: null,
  seconds: 3.25,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:03.250Z',
  polls: 2,
  creates: 1,
  retries: [],
  possibleOrphans: [],
  notCleaned: [],
  ...fields,
});

/** The result of a batch with these fields. */
export const aResult = (fields: Partial<BatchResult> = {}): BatchResult => ({
  batchId: 'batch',
  status: 'completed',
  reason: null,
  total: 1,
  counts: { completed: 1 },
  notStarted: 0,
  usage: {},
  costUsd: null,
  pricesAsOf: null,
  retries: 0,
  lostPages: [],
  retryOf: null,
  seconds: 4,
  records: null,
  ...fields,
});

/** One after the other, as a store gives them. */
export async function* each<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

/** All chunks as one text. */
export async function all(chunks: AsyncIterable<string>): Promise<string> {
  const parts: string[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.join('');
}
