/** The second phase: looks, with durable timers between them, until an end or a reason to stop. */
import { ActivityFailure, condition, continueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { TaskInput, TaskResult, UpstreamFault } from '../contracts';
import { nextWaitSeconds } from '../settings';
import { check, MAX_LOOKS_PER_RUN } from './policies';
import { absorb, deadlineMs, planVisit, queuedDeadlineMs, showDetails, withInterrupt, type Task } from './task-state';

/** Why watching ended. */
export type WatchEnd = 'answered' | 'stopped' | 'expired' | 'max_wait_seconds' | 'max_queued_seconds';

/** A 404 this soon after our own create is a replica that lags behind, not a response that is gone. */
const NOT_FOUND_GRACE_MS = 30_000;

const isExpired = ({ progress }: Task): boolean =>
  progress.missing >= 2 && Date.now() - progress.knownSinceMs >= NOT_FOUND_GRACE_MS;

function endOf(task: Task): WatchEnd | null {
  const queuedUntil = queuedDeadlineMs(task);
  if (task.answer) return 'answered';
  if (task.stop) return 'stopped';
  if (isExpired(task)) return 'expired';
  if (Date.now() >= deadlineMs(task)) return 'max_wait_seconds';
  return queuedUntil !== null && Date.now() >= queuedUntil ? 'max_queued_seconds' : null;
}

/** Waits by a durable timer; false when the wait is short enough to happen inside the visit. */
async function waitForLook(task: Task): Promise<boolean> {
  const { progress, settings } = task;
  const seconds = nextWaitSeconds(settings.pollIntervalsSeconds, { ...progress, fault: progress.lastFault });
  if (seconds <= settings.inlineWaitSeconds && progress.missing === 0) return false;
  const untilMs = Math.min(deadlineMs(task), queuedDeadlineMs(task) ?? Infinity);
  const ms = Math.max(1, Math.min(seconds * 1000, untilMs - Date.now()));
  task.wake = null;
  task.nextLookAtMs = Date.now() + ms;
  showDetails(task);
  const summary = `look ${progress.polls + 1} in ${Math.round(ms / 100) / 10} s`;
  const woken = await condition(() => task.stop !== null || task.wake !== null, ms, { summary });
  task.nextLookAtMs = null;
  if (!woken) progress.pollIndex++;
  return true;
}

/** A look that begins at the deadline still has its time. */
const LAST_LOOK_MS = 100_000;

/** The activity itself failed: a defect of ours, or a worker that cannot work. Upstream said nothing. */
function lookFailed({ cause }: ActivityFailure): UpstreamFault {
  return {
    type: 'Upstream.Unavailable',
    message: `The look failed on our side: ${cause?.message ?? 'no reason given'}`,
    httpStatus: null,
    code: 'look_failed',
    requestId: null,
    retryAfterSeconds: null,
    retryable: true,
    maybeAccepted: false,
  };
}

async function lookOnce(task: Task, responseId: string, lookFirst: boolean): Promise<void> {
  const summary = `look ${task.progress.polls + 1} (${task.progress.status})`;
  // The look is repeated until the deadline and not beyond: one that can never succeed must not keep the task open.
  const scheduleToCloseTimeout = Math.max(0, deadlineMs(task) - Date.now()) + LAST_LOOK_MS;
  const input = { taskId: task.taskId, responseId, plan: planVisit(task, lookFirst) };
  const call = () => check.checkResponse.executeWithOptions({ summary, scheduleToCloseTimeout }, [input]);
  task.looksInRun++;
  try {
    absorb(task, await withInterrupt(task, call));
  } catch (error) {
    // Interrupted: whoever did it has left the reason in `task`.
    if (isCancellation(error)) return;
    if (!(error instanceof ActivityFailure)) throw error;
    task.progress.lastFault = lookFailed(error);
    showDetails(task);
  }
}

/** The next run starts with the id, not with the prompt: the request has been sent, and may only be wanted again. */
function carryOn(task: Task, responseId: string): Promise<never> {
  const { request, stored, answerKey } = task.input;
  const source = task.settings.retryOn && request ? { request } : stored ? { stored } : { attach: { responseId } };
  return continueAsNew<(input: TaskInput) => Promise<TaskResult>>({
    ...source,
    ...(answerKey === undefined ? {} : { answerKey }),
    options: task.settings,
    carried: task.progress,
  });
}

/** Watches until there is an end. Continues as new well before the history limits. */
export async function watchResponse(task: Task, responseId: string): Promise<WatchEnd> {
  for (;;) {
    const end = endOf(task);
    if (end) return end;
    if (task.looksInRun >= MAX_LOOKS_PER_RUN || workflowInfo().continueAsNewSuggested) await carryOn(task, responseId);
    const waited = await waitForLook(task);
    const mustStop = task.wake === 'change' || endOf(task) !== null;
    if (!mustStop) await lookOnce(task, responseId, waited);
  }
}
