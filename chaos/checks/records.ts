/** I9: the records of a batch, against the lines that it was given. */
import type { BatchRecord, TaskOutcome } from '../../src/contracts';
import { broken, type Broken } from './evidence';

export interface PlannedRecord {
  /** Empty where the line has none: a bad one. */
  id: string;
  mayEndAs: readonly TaskOutcome[];
  /** The emulator quotes it in the answer, so that a mixed-up one is seen. */
  prompt: string;
}

function wrongWith(record: BatchRecord | undefined, planned: PlannedRecord, index: number): string | null {
  if (!record) return `line ${index}: no record`;
  if (record.index !== index) return `line ${index}: has index ${record.index}`;
  if (planned.id && record.id !== planned.id) return `line ${index}: is ${record.id}, expected ${planned.id}`;
  if (!planned.mayEndAs.includes(record.status))
    return `${record.id}: ${record.status}, expected ${planned.mayEndAs.join(' or ')} (${record.error?.message ?? ''})`;
  if (record.status === 'completed' && !record.result?.includes(planned.prompt))
    return `${record.id}: does not quote its own prompt`;
  return null;
}

/** Every line of the input has its one record, in order, with its own answer. */
export function wrongRecords(records: readonly BatchRecord[], lines: readonly PlannedRecord[]): string[] {
  const problems = lines.flatMap((planned, i) => wrongWith(records[i], planned, i) ?? []);
  return records.length === lines.length
    ? problems
    : [`${records.length} records for ${lines.length} lines`, ...problems];
}

export const checkBatch = (
  batchId: string,
  records: readonly BatchRecord[],
  lines: readonly PlannedRecord[],
): Broken[] => wrongRecords(records, lines).map((what) => broken('I9', `${batchId}: ${what}`));
