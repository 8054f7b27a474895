/** A change of a running task. */
import type { TaskChange } from '../contracts';
import { waitingProblems } from '../settings';
import { isFields, say, unknownFields } from './problem';

// A record, so that the compiler misses a name that is added to the contract and not here.
const NAMES: Record<keyof TaskChange, true> = {
  pollIntervalsSeconds: true,
  maxWaitSeconds: true,
  maxQueuedSeconds: true,
};

/** What is wrong with a `TaskChange`, one line each; empty when nothing is. */
export function checkChange(change: unknown): string[] {
  if (!isFields(change)) return ['change: expected an object; write {"maxWaitSeconds": 7200}'];
  const unknown = unknownFields(change, Object.keys(NAMES), { noun: 'change' });
  return [...unknown.map((problem) => say(problem)), ...waitingProblems(change)];
}
