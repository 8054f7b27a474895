/** Waiting for a webhook: one activity is out that looks by the schedule, each look an attempt, so that none is an event. */
import { ActivityFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { AwaitEndInput, VisitPlan, VisitReport } from '../contracts';
import { LAST_LOOK_MS, lookFailed } from './look';
import { SECONDS_AFTER_FAULT } from './modes';
import { looksDue, type Net } from './net-schedule';
import { net as activities } from './policies';
import { absorb, planVisit, showDetails, type Task } from './task-state';

/** A look that found a fault or was early is followed by others soon; they have durable timers of their own. */
export const isCalm = ({ progress }: Task): boolean =>
  progress.rechecks === 0 && progress.lastFault === null && progress.missing === 0;

/**
 * Goes on without the net: what it finds from now on changes nothing, and its looks are counted. It is left to the server,
 * which drops it with the workflow, unless the task goes on: a cancel would be two events.
 */
export function leaveNet(task: Task, goesOn: boolean): void {
  const { net, progress } = task;
  if (!net) return;
  const looks = looksDue(net, Date.now());
  progress.polls += looks;
  progress.pollIndex += looks;
  task.net = null;
  if (goesOn) net.cancel();
}

function awaitEnd({ taskId }: Task, responseId: string, plan: VisitPlan): Promise<VisitReport> {
  const input: AwaitEndInput = { taskId, responseId, plan, secondsAfterFault: SECONDS_AFTER_FAULT };
  // The last attempt falls on the deadline, and a look that begins then still has its time.
  const scheduleToCloseTimeout = plan.maxSeconds * 1000 + LAST_LOOK_MS;
  return activities.awaitEnd.executeWithOptions({ summary: 'safety net', scheduleToCloseTimeout }, [input]);
}

async function hold(task: Task, net: Net, looking: Promise<VisitReport>): Promise<void> {
  try {
    const report = await looking;
    if (task.net !== net) return;
    task.net = null;
    net.isBack = true;
    absorb(task, report);
  } catch (error) {
    if (isCancellation(error) || task.net !== net) return;
    if (!(error instanceof ActivityFailure)) throw error;
    leaveNet(task, false);
    // Looks with timers follow, so the deadline holds whatever has become of the activity.
    task.progress.lastFault = lookFailed(error);
    showDetails(task);
  }
}

function spread(task: Task, responseId: string): Net {
  const scope = new CancellationScope();
  const { settings, progress } = task;
  const { pollIndex } = progress;
  // Before it is out: the limit for the queue is its to keep.
  const plan = planVisit(task, false);
  const net: Net = { settings, pollIndex, sinceMs: Date.now(), cancel: () => scope.cancel() };
  task.net = net;
  void hold(
    task,
    net,
    scope.run(() => awaitEnd(task, responseId, plan)),
  );
  return net;
}

/**
 * Waits for a message or for what the net brings. No timer stands beside it: the last attempt of the activity falls on
 * the deadline, and the activity itself has a timeout behind that.
 *
 * @returns Whether the net has come back from a look just now.
 */
export async function waitInNet(task: Task, responseId: string): Promise<boolean> {
  // A change is in the settings already.
  if (task.wake === 'change') task.wake = null;
  if (task.net && task.net.settings !== task.settings) leaveNet(task, true);
  const net = task.net ?? spread(task, responseId);
  showDetails(task);
  await condition(() => task.net !== net || task.stop !== null || task.wake !== null);
  return net.isBack === true;
}
