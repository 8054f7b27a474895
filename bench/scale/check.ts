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
  silent: string[];
  /** Records that name a response which was never created. */
  invented: string[];
  reportedRetries: number;
  reportedOrphans: number;
  /** Those of the reported possible orphans that do exist. */
  realOrphans: number;
  /** Ids of the responses that a record calls its own, retries included. */
  own: Set<string>;
}

/**
 * Every create of the ledger is one that a record tells of, each by itself: the response that counts and those before
 * it by their ids, a possible orphan by its task and attempt. A reported orphan that never was excuses nothing.
 */
export function checkMoney(records: BatchRecord[], { creates }: Ledger): Money {
  const own = new Set(
    records.flatMap(({ responseId, retries }) => [
      ...(responseId === null ? [] : [responseId]),
      ...retries.map((retry) => retry.responseId),
    ]),
  );
  const reported = records.flatMap(({ possibleOrphans }) => possibleOrphans);
  const orphans = new Set(reported.map(({ taskId, attempt }) => `${taskId} attempt ${attempt}`));
  const others = creates.filter(({ id }) => !own.has(id));
  const nameOf = ({ metadata }: Ledger['creates'][number]) => `${metadata.task_id} attempt ${metadata.attempt}`;
  const silent = others.filter((create) => !orphans.has(nameOf(create)));
  const made = new Set(creates.map(({ id }) => id));
  return {
    creates: creates.length,
    silent: silent.map((create) => `${create.id}: ${nameOf(create)} is in no record`),
    invented: [...own].filter((id) => !made.has(id)).map((id) => `${id}: in a record, never created`),
    reportedRetries: records.reduce((sum, { retries }) => sum + retries.length, 0),
    reportedOrphans: reported.length,
    realOrphans: others.length - silent.length,
    own,
  };
}

/** What still runs upstream; a possible orphan that was named is not counted, since nobody knows its id. */
export function leftRunning(statuses: Record<string, string>, { own, silent }: Money): string[] {
  const known = new Set([...own, ...silent.map((text) => text.split(':')[0] ?? '')]);
  return Object.entries(statuses)
    .filter(([id, status]) => known.has(id) && ['queued', 'in_progress'].includes(status))
    .map(([id, status]) => `${id}: still ${status} upstream`);
}
