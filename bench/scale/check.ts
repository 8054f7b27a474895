/** What must be true after a scale run, judged by the results file and the ledger. */
import type { Ledger } from '../../emulator';
import type { BatchRecord } from '../../src/contracts';
import type { PlannedLine } from './plan';

const EXPECTED: Record<PlannedLine['fate'], string> = {
  completes: 'completed',
  fails: 'failed',
  failsTwice: 'failed',
  rejected: 'rejected',
  stuck: 'timed_out',
  bad: 'rejected',
};

function wrongWith(record: BatchRecord | undefined, planned: PlannedLine, index: number): string | null {
  if (!record) return `line ${index}: no record`;
  if (record.index !== index) return `line ${index}: has index ${record.index}`;
  if (planned.id && record.id !== planned.id) return `line ${index}: is ${record.id}, expected ${planned.id}`;
  if (record.status !== EXPECTED[planned.fate])
    return `${record.id}: ${record.status}, expected ${EXPECTED[planned.fate]} (${record.error?.message ?? ''})`;
  if (record.status === 'completed' && !record.result?.includes(planned.prompt))
    return `${record.id}: does not quote its own prompt`;
  return null;
}

/** Every line of the input has its one record, in order, with its own answer. */
export function checkRecords(records: BatchRecord[], lines: PlannedLine[]): string[] {
  const problems = lines.flatMap((planned, i) => wrongWith(records[i], planned, i) ?? []);
  return records.length === lines.length
    ? problems
    : [`${records.length} records for ${lines.length} lines`, ...problems];
}

export interface Money {
  creates: number;
  /** Creates that no record accounts for: paid in silence. */
  silent: number;
  reportedRetries: number;
  reportedOrphans: number;
}

/** Every create of the ledger is one that a record tells of. */
export function checkMoney(records: BatchRecord[], { creates }: Ledger): Money {
  const perTask = new Map<string, number>();
  for (const { metadata } of creates) {
    const task = metadata.task_id ?? '';
    perTask.set(task, (perTask.get(task) ?? 0) + 1);
  }
  const sum = (count: (record: BatchRecord) => number) => records.reduce((all, record) => all + count(record), 0);
  const silent = records.reduce((all, { workflowId, responseId, retries, possibleOrphans }) => {
    const made = perTask.get(workflowId ?? '') ?? 0;
    return all + Math.max(0, made - (responseId ? 1 : 0) - retries.length - possibleOrphans.length);
  }, 0);
  return {
    creates: creates.length,
    silent,
    reportedRetries: sum(({ retries }) => retries.length),
    reportedOrphans: sum(({ possibleOrphans }) => possibleOrphans.length),
  };
}
