/** I1 and I8: every accepted task ends, once, as what upstream says. */
import { OUTCOMES, type TaskOutcome } from '../../src/contracts';
import { broken, type Broken, type TaskEnd } from './evidence';

export interface PlannedEnd {
  taskId: string;
  mayEndAs: readonly TaskOutcome[];
}

/** Temporal's cancel closes a workflow as Cancelled; its result is there by query. */
const GOOD_ENDS = ['COMPLETED', 'CANCELLED'];

/** What upstream itself has said of a response. */
const SAID_UPSTREAM: readonly string[] = ['completed', 'failed', 'incomplete'];

function untrue({ taskId, result }: TaskEnd, statuses: Record<string, string>): string | null {
  if (!result) return null;
  const { status, responseId, notCleaned, possibleOrphans } = result;
  if (status === 'unknown' && possibleOrphans.length === 0) return `${taskId}: unknown, and no create was lost`;
  if (responseId === null)
    return SAID_UPSTREAM.includes(status) ? `${taskId}: ${status}, and there is no response` : null;
  const truth = statuses[responseId] ?? 'unknown to it';
  if (SAID_UPSTREAM.includes(status) && truth !== status) return `${taskId}: ${status}, upstream says ${truth}`;
  // Ours to say only while upstream has nothing better, or could not be asked.
  const isOurs = status === 'cancelled' || status === 'timed_out';
  return isOurs && SAID_UPSTREAM.includes(truth) && notCleaned.length === 0
    ? `${taskId}: ${status}, upstream says ${truth}`
    : null;
}

function wrongEnd(planned: PlannedEnd, end: TaskEnd | undefined): string | null {
  const { taskId, mayEndAs } = planned;
  if (!end || end.execution === 'MISSING') return `${taskId}: was accepted, and the server knows no such task`;
  if (end.execution === 'RUNNING') return null;
  if (!GOOD_ENDS.includes(end.execution)) return `${taskId}: its workflow closed as ${end.execution}`;
  if (!end.result) return `${taskId}: closed without a result`;
  const { status, error } = end.result;
  if (!(OUTCOMES as readonly string[]).includes(status)) return `${taskId}: ended as ${String(status)}`;
  return mayEndAs.includes(status)
    ? null
    : `${taskId}: ${status}, expected ${mayEndAs.join(' or ')} (${error?.message ?? ''})`;
}

/** @param statuses Upstream's, by the ids of responses. */
export function checkEnds(
  planned: readonly PlannedEnd[],
  ends: readonly TaskEnd[],
  statuses: Record<string, string>,
): Broken[] {
  const byId = new Map(ends.map((end) => [end.taskId, end]));
  const words = [
    ...planned.flatMap((one) => wrongEnd(one, byId.get(one.taskId)) ?? []),
    ...ends.flatMap((end) => untrue(end, statuses) ?? []),
  ];
  return words.map((what) => broken('I1', what));
}

/** @param waitedSeconds Since the last fault was gone. */
export function checkLiveness(ends: readonly Pick<TaskEnd, 'taskId' | 'execution'>[], waitedSeconds: number): Broken[] {
  return ends
    .filter(({ execution }) => execution === 'RUNNING')
    .map(({ taskId }) => broken('I8', `${taskId}: still open ${Math.round(waitedSeconds)} s after the last fault`));
}
