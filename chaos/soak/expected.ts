/** What a plan says of the end: which task may end how, which looks are its own, what must have reached upstream. */
import type { TaskResult } from '../../src/contracts';
import type { PlannedEnd } from '../checks/ends';
import type { Schedule } from '../checks/gaps';
import type { Found } from './gather';
import type { SoakPlan } from './plan';

/** Of tasks and of reports, those that were accepted; what becomes of the items of batches, their records say. */
export function expectedEnds({ tasks, reports }: SoakPlan, accepted: ReadonlySet<string>) {
  const isAccepted = ({ taskId }: PlannedEnd) => accepted.has(taskId);
  const ofReports = reports.map(({ reportId: taskId, mayEndAs }) => ({ taskId, mayEndAs }));
  return { tasks: tasks.filter(isAccepted), reports: ofReports.filter(isAccepted) };
}

/** Tasks whose looks nobody asks for but their schedule. */
export function ownSchedules({ tasks, batches }: SoakPlan, found: readonly Found[]): Schedule[] {
  const foundById = new Map(found.map((one) => [one.workflowId, one]));
  const scheduleOf = (taskId: string, leastSeconds: number): Schedule => {
    const { overlaps = [], result } = foundById.get(taskId) ?? {};
    const { error } = (result ?? {}) as Partial<TaskResult>;
    return { taskId, leastSeconds, overlaps, isQueueEnded: error?.code === 'max_queued_seconds' };
  };
  const alone = tasks.filter(
    ({ watch, acts }) => watch === 'poll' && !acts.some(({ act }) => act === 'look now' || act === 'change'),
  );
  const items = batches.flatMap(({ batchId, records }) => records.map(({ id }) => `${batchId}/${id}`));
  return [
    ...alone.map(({ taskId, input }) => scheduleOf(taskId, Math.min(...(input.options?.pollIntervalsSeconds ?? [1])))),
    ...items.map((taskId) => scheduleOf(taskId, 1)),
  ];
}

/** Tasks that nobody cancels and upstream does not refuse. */
export function meantForUpstream({ tasks, batches }: SoakPlan): string[] {
  const isMeant = ({ mayEndAs }: { mayEndAs: readonly string[] }) =>
    !mayEndAs.includes('rejected') && !mayEndAs.includes('cancelled');
  return [
    ...tasks.filter(isMeant).map(({ taskId }) => taskId),
    ...batches.flatMap(({ batchId, records }) => records.filter(isMeant).map(({ id }) => `${batchId}/${id}`)),
  ];
}
