/** What checks look at, and what they say. Each check is pure: the same evidence gives the same words. */
import type { TaskResult } from '../../src/contracts';

/** The promises, numbered as the rows of `docs/proof.md`; `work` is that the run proves anything at all. */
export const INVARIANTS = {
  I1: 'every accepted task ends with one true status',
  I2: 'one create; each further one is named',
  I3: 'nothing known is left running, no upload is left behind',
  I4: 'the answer is that of upstream, byte for byte',
  I5: 'no credential, and no prompt, where it may not be',
  I6: 'every history replays with the code of today',
  I7: 'looks keep to their schedule; no hot loop',
  I8: 'when the last fault is gone, everything ends in time',
  I9: 'a batch has one record for each line, in order',
  I10: 'histories are bounded',
  work: 'the work was done, and every planned fault was met',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A promise that was not kept: which, and an example. */
export interface Broken {
  invariant: Invariant;
  what: string;
}

export const broken = (invariant: Invariant, what: string): Broken => ({ invariant, what });

/** What tells of creates: the result of a task, or a record of a batch. */
export type Accounts = Pick<TaskResult, 'responseId' | 'retries' | 'possibleOrphans'>;

/** What both tasks and reports say of their end. */
export type EndedResult = Accounts & Pick<TaskResult, 'status' | 'error' | 'notCleaned'>;

/** A task, or a report, at the end of a run. */
export interface TaskEnd {
  /** The id of its workflow, which upstream has as `metadata.task_id`. */
  taskId: string;
  /** How its workflow closed, as the server names it; `RUNNING` when it did not, `MISSING` when there is none. */
  execution: string;
  /** Returned, or by the query `taskResult` after Temporal's cancel. */
  result: EndedResult | null;
}

const TERMINAL = ['completed', 'failed', 'incomplete', 'cancelled'];

/** Whether upstream is done with a response that has this status. */
export const hasEnded = (status: string | undefined): boolean => TERMINAL.includes(status ?? '');

/** The responses whose ids a result knows. */
export function knownResponses({ responseId, retries, possibleOrphans }: Accounts): string[] {
  const ids = [
    responseId,
    ...retries.map((retry) => retry.responseId),
    ...possibleOrphans.map((one) => one.responseId),
  ];
  return ids.filter((id): id is string => typeof id === 'string' && id !== '');
}
