/** A run in which nothing happened keeps every promise: what has to have happened. */
import type { Ledger } from '../../emulator';
import { broken, type Broken } from './evidence';

/** Of the tasks that were meant to; a cancel may come before the create. */
const LEAST_SHARE = 0.95;

export interface PlannedWork {
  /** Tasks that should have reached upstream. */
  taskIds: readonly string[];
  /** How often each kind of fault that was planned has fired. */
  fired: Record<string, number>;
}

export function reachedUpstream(taskIds: readonly string[], { creates }: Pick<Ledger, 'creates'>): string[] {
  const seen = new Set(creates.map(({ metadata }) => metadata.task_id));
  return taskIds.filter((taskId) => seen.has(taskId));
}

export function checkWork({ taskIds, fired }: PlannedWork, ledger: Pick<Ledger, 'creates'>): Broken[] {
  const reached = reachedUpstream(taskIds, ledger).length;
  const idle = Object.entries(fired).filter(([, times]) => times === 0);
  const isEnough = taskIds.length > 0 && reached >= LEAST_SHARE * taskIds.length;
  return [
    ...(isEnough ? [] : [broken('work', `only ${reached} of ${taskIds.length} planned tasks reached upstream`)]),
    ...idle.map(([kind]) => broken('work', `fault ${kind}: planned, never fired`)),
  ];
}
