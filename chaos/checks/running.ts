/** I3: what is left upstream after the tasks have ended. */
import type { Ledger } from '../../emulator';
import { broken, hasEnded, knownResponses, type Broken, type TaskEnd } from './evidence';

/**
 * Responses that a closed task knew, that go on, that were not cancelled, and that its result does not name. Of one that
 * has no result, all that it created.
 */
export function checkRunning(
  ends: readonly TaskEnd[],
  { cancels, creates }: Pick<Ledger, 'cancels' | 'creates'>,
  statuses: Record<string, string>,
): Broken[] {
  const cancelled = new Set(cancels.filter(({ status }) => status === 200).map(({ id }) => id));
  const goesOn = (id: string) => id in statuses && !hasEnded(statuses[id]) && !cancelled.has(id);
  const createdBy = (taskId: string) =>
    creates.filter(({ metadata }) => metadata.task_id === taskId).map(({ id }) => id);
  return ends.flatMap(({ taskId, execution, result }) => {
    if (execution === 'RUNNING') return [];
    const named = result?.notCleaned.join('\n') ?? '';
    const known = result ? knownResponses(result) : createdBy(taskId);
    const how = result ? `ended as ${result.status}` : `closed as ${execution} without a result`;
    return known
      .filter((id) => goesOn(id) && !named.includes(id))
      .map((id) => broken('I3', `${taskId}: ${how}, and ${id} is ${statuses[id]} upstream`));
  });
}

/** The page `live` of the emulator. */
export interface Live {
  files: string[];
  containers: string[];
  vectorStores: string[];
}

/**
 * @param live What was made and not deleted, after everything has ended.
 * @param notCleaned What results name.
 */
export function checkLeftovers(live: Live, notCleaned: readonly string[]): Broken[] {
  const named = notCleaned.join('\n');
  return Object.entries(live).flatMap(([kind, ids]: [string, string[]]) =>
    ids
      .filter((id) => !named.includes(id))
      .map((id) => broken('I3', `${id} (${kind}): not deleted, and named nowhere`)),
  );
}
