/** The formats that records are written in. */
import type { BatchReader } from '../client/records';
import type { BatchRecord } from '../contracts';
import { csvLines } from './csv';
import { jsonLines } from './jsonl';
import { openaiBatchLines } from './openai-batch';

export const FORMATS = ['jsonl', 'csv', 'openai-batch'] as const;
export type Format = (typeof FORMATS)[number];

/** The format that a file's name asks for. */
export const formatOf = (path: string): Format => (/\.csv$/i.test(path) ? 'csv' : 'jsonl');

/** What was written. */
export interface Written {
  records: number;
  /** Those whose answer could not be had. */
  omitted: number;
}

/** Counts what passes. */
export async function* counted(records: AsyncIterable<BatchRecord>, written: Written): AsyncGenerator<BatchRecord> {
  for await (const record of records) {
    written.records++;
    if (record.resultOmitted) written.omitted++;
    yield record;
  }
}

/** All records of a batch in a format, line by line; `written` is counted up meanwhile. */
export function linesOf(
  format: Format,
  reader: BatchReader,
  batchId: string,
  written: Written,
): AsyncGenerator<string> {
  if (format === 'openai-batch') return openaiBatchLines(reader.responses(), batchId, written);
  const records = counted(reader.records(), written);
  return format === 'csv' ? csvLines(records) : jsonLines(records);
}
