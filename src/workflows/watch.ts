/** The second phase: looks, with durable timers between them, until an end or a reason to stop. */
import { ActivityFailure, condition, continueAsNew, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
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

/** Asked to look while nobody waited: during a look, the create, or the run before. Older histories dropped that. */
function wasHinted(task: Task): boolean {
  if (task.wake !== 'look' || !patched('keep-hint')) return false;
  task.wake = null;
  task.newsDue = true;
  return true;
}

/** The wait after a look that was asked for and that failed: the next one by schedule may be far away. */
const NEWS_RETRY_SECONDS = 10;

function secondsUntilNews(task: Task): number {
  const { lastFault, retryAfterSeconds } = task.progress;
  task.newsDue &&= lastFault !== null;
  return task.newsDue ? Math.max(NEWS_RETRY_SECONDS, retryAfterSeconds ?? 0) : Infinity;
}

/** Waits by a durable timer; false when the wait is short enough to happen inside the visit. */
async function waitForLook(task: Task): Promise<boolean> {
  const { progress, settings } = task;
  if (wasHinted(task)) return true;
  const seconds = nextWaitSeconds(settings.pollIntervalsSeconds, { ...progress, fault: progress.lastFault });
  if (seconds <= settings.inlineWaitSeconds && progress.missing === 0) return false;
  const untilMs = Math.min(deadlineMs(task), queuedDeadlineMs(task) ?? Infinity);
  const ms = Math.max(1, Math.min(seconds * 1000, secondsUntilNews(task) * 1000, untilMs - Date.now()));
  task.wake = null;
  task.nextLookAtMs = Date.now() + ms;
  showDetails(task);
  const summary = `look ${progress.polls + 1} in ${Math.round(ms / 100) / 10} s`;
  const woken = await condition(() => task.stop !== null || task.wake !== null, ms, { summary });
  task.nextLookAtMs = null;
  if (task.wake === 'look') {
    task.wake = null;
    task.newsDue = true;
  }
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
    carried: { ...task.progress, hinted: task.wake === 'look' },
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
