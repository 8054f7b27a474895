/** One look at the response, and whether there is a reason to look no more. */
import { ActivityFailure, isCancellation, patched } from '@temporalio/workflow';
import type { UpstreamFault } from '../contracts';
import { check } from './policies';
import { absorb, deadlineMs, planVisit, queuedDeadlineMs, showDetails, withInterrupt, type Task } from './task-state';

/** Why watching ended. */
export type WatchEnd = 'answered' | 'stopped' | 'expired' | 'max_wait_seconds' | 'max_queued_seconds';

/** A 404 this soon after our own create is a replica that lags behind, not a response that is gone. */
const NOT_FOUND_GRACE_MS = 30_000;

/**
 * Only a look that began after that time counts: 404s of the first moments may be told late, by a server that was away.
 * Older histories took the time at which they were told.
 */
function isExpired({ progress, lookedAtMs }: Task): boolean {
  const goneFromMs = progress.knownSinceMs + NOT_FOUND_GRACE_MS;
  if (progress.missing < 2 || Date.now() < goneFromMs) return false;
  return lookedAtMs >= goneFromMs || !patched('expired-by-late-look');
}

/** Why watching is over; null while it is not. */
export function endOf(task: Task): WatchEnd | null {
  const queuedUntil = queuedDeadlineMs(task);
  if (task.answer) return 'answered';
  if (task.stop) return 'stopped';
  if (isExpired(task)) return 'expired';
  if (Date.now() >= deadlineMs(task)) return 'max_wait_seconds';
  return queuedUntil !== null && Date.now() >= queuedUntil ? 'max_queued_seconds' : null;
}

/** A look that begins at the deadline still has its time. */
export const LAST_LOOK_MS = 100_000;

/** The activity itself failed: a defect of ours, or a worker that cannot work. Upstream said nothing. */
export function lookFailed({ cause }: ActivityFailure): UpstreamFault {
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

/** Looks once, or for as long as waits are short; what it finds, a failure too, is in `task`. */
export async function lookOnce(task: Task, responseId: string, lookFirst: boolean): Promise<void> {
  const summary = `look ${task.progress.polls + 1} (${task.progress.status})`;
  // The look is repeated until the deadline and not beyond: one that can never succeed must not keep the task open.
  const scheduleToCloseTimeout = Math.max(0, deadlineMs(task) - Date.now()) + LAST_LOOK_MS;
  const plan = { ...planVisit(task, lookFirst), fault: task.progress.lastFault };
  const input = { taskId: task.taskId, responseId, plan };
  const call = () => check.checkResponse.executeWithOptions({ summary, scheduleToCloseTimeout }, [input]);
  task.looksInRun++;
  task.lookedAtMs = Date.now();
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
