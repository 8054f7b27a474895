/** What must be true of the records after a scale run. */
import { wrongRecords } from '../../chaos/checks/records';
import type { BatchRecord, TaskOutcome } from '../../src/contracts';
import type { PlannedLine } from './plan';

/** What a line ends as. */
export const EXPECTED: Record<PlannedLine['fate'], TaskOutcome> = {
  completes: 'completed',
  fails: 'failed',
  failsTwice: 'failed',
  rejected: 'rejected',
  stuck: 'timed_out',
  bad: 'rejected',
};

/** Every line of the input has its one record, in order, with its own answer. */
export const checkRecords = (records: BatchRecord[], lines: PlannedLine[]): string[] =>
  wrongRecords(
    records,
    lines.map(({ id, fate, prompt }) => ({ id, prompt, mayEndAs: [EXPECTED[fate]] })),
  );
