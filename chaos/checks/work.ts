/** A run in which nothing happened keeps every promise: what has to have happened. */
import type { Ledger } from '../../emulator';
import type { TaskResult } from '../../src/contracts';
import { broken, type Broken } from './evidence';

/** Of the tasks that were meant to: where the way to upstream is cut in the middle of both creates, there is no third. */
const LEAST_SHARE = 0.9;

export interface PlannedWork {
  /** Tasks of which upstream should have a response. */
  taskIds: readonly string[];
  /** How often each kind of fault that was planned has fired. */
  fired: Record<string, number>;
}

/** What came of the work. */
export interface DoneWork {
  ledger: Pick<Ledger, 'creates' | 'calls'>;
  results: readonly Pick<TaskResult, 'taskId' | 'status' | 'responseId' | 'possibleOrphans'>[];
}

/** Tasks without a response, and of these the ones of which neither upstream nor their result says why. */
function missingOf(taskIds: readonly string[], { ledger, results }: DoneWork) {
  const created = new Set(ledger.creates.map(({ metadata }) => metadata.task_id));
  const refused = ledger.calls.flatMap(({ op, task }) => (op === 'create' ? [task] : []));
  const lost = results.flatMap(({ taskId, possibleOrphans }) => (possibleOrphans.length > 0 ? [taskId] : []));
  // The way to upstream was cut until its deadline.
  const late = results.filter(({ status, responseId }) => status === 'timed_out' && responseId === null);
  const explained = new Set([...refused, ...lost, ...late.map(({ taskId }) => taskId)]);
  const missing = taskIds.filter((taskId) => !created.has(taskId));
  return { missing, unexplained: missing.filter((taskId) => !explained.has(taskId)) };
}

export function checkWork({ taskIds, fired }: PlannedWork, done: DoneWork): Broken[] {
  const { missing, unexplained } = missingOf(taskIds, done);
  const reached = taskIds.length - missing.length;
  const idle = Object.entries(fired).filter(([, times]) => times === 0);
  const isEnough = taskIds.length > 0 && reached >= LEAST_SHARE * taskIds.length;
  return [
    ...(isEnough ? [] : [broken('work', `only ${reached} of ${taskIds.length} planned tasks reached upstream`)]),
    ...unexplained.map((taskId) => broken('work', `${taskId}: never created, and nothing says why`)),
    ...idle.map(([kind]) => broken('work', `fault ${kind}: planned, never fired`)),
  ];
}
