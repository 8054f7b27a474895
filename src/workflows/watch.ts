/** The second phase: the stream, or looks with durable timers between them, until an end or a reason to stop. */
import { condition, patched, workflowInfo } from '@temporalio/workflow';
import type { TaskSource } from '../contracts';
import { nextWaitSeconds } from '../settings';
import { carryOn } from './carry-on';
import { followStream } from './follow';
import { endOf, lookOnce, type WatchEnd } from './look';
import { intervalsOf, recheckSoon } from './modes';
import { isCalm, leaveNet, waitInNet } from './net';
import { MAX_LOOKS_PER_RUN } from './policies';
import { deadlineMs, queuedDeadlineMs, showDetails, type Task } from './task-state';

export type { WatchEnd };

/**
 * Asked to look: now, or while nobody waited, which is during a look, the create, or the run before. Older histories of
 * polling forgot the latter, and made no more looks than by their schedule.
 */
const isAsked = ({ wake, progress }: Task): boolean =>
  wake === 'look' && (progress.watched.mode !== 'poll' || patched('keep-hint'));

/** What comes after a wait: the next interval, or looks soon after one that was asked for. */
function noteWait(task: Task, woken: boolean): void {
  const { progress, settings } = task;
  if (isAsked(task)) recheckSoon(progress, settings);
  else if (!woken && progress.rechecks > 0) progress.rechecks--;
  else if (!woken && !(progress.watched.mode === 'webhook' && progress.lastFault)) progress.pollIndex++;
}

/** Waits by a durable timer; false when the wait is short enough to happen inside the visit. */
async function waitForLook(task: Task): Promise<boolean> {
  const { progress, settings } = task;
  const isQuick = progress.watched.mode === 'poll' && progress.rechecks === 0 && progress.missing === 0;
  const seconds = nextWaitSeconds(intervalsOf(settings, progress), { ...progress, fault: progress.lastFault });
  if (isAsked(task)) noteWait(task, true);
  else if (isQuick && seconds <= settings.inlineWaitSeconds) {
    // A change that came during the last look holds from now on; waiting for it once more would never end.
    task.wake = null;
    return false;
  } else await waitByTimer(task, seconds);
  task.wake = task.wake === 'look' ? null : task.wake;
  return true;
}

async function waitByTimer(task: Task, seconds: number): Promise<void> {
  const { progress } = task;
  const untilMs = Math.min(deadlineMs(task), queuedDeadlineMs(task) ?? Infinity);
  const ms = Math.max(1, Math.min(seconds * 1000, untilMs - Date.now()));
  task.wake = null;
  task.nextLookAtMs = Date.now() + ms;
  showDetails(task);
  const summary = `look ${progress.polls + 1} in ${Math.round(ms / 100) / 10} s`;
  // A net that is out may bring the answer.
  const isOver = () => task.stop !== null || task.wake !== null || task.answer !== null;
  const woken = await condition(isOver, ms, { summary });
  task.nextLookAtMs = null;
  noteWait(task, woken);
}

/** The next run starts with the id, not with the prompt: the request has been sent, and may only be wanted again. */
function sourceOf({ input: { request, stored }, settings }: Task, responseId: string): TaskSource {
  return settings.retryOn && request ? { request } : stored ? { stored } : { attach: { responseId } };
}

/** Another response may follow this one. */
const mayGoOn = ({ answer, settings }: Task): boolean => answer?.status === 'failed' && settings.retryOn !== undefined;

/** A run that has left the queue since the last look must not be stopped. Older histories stopped it. */
function mustLookAgain(end: WatchEnd | null, { progress }: Task): boolean {
  if (end !== 'max_queued_seconds') return false;
  return progress.watched.mode === 'webhook' ? patched('look-behind-webhook') : patched('look-at-queue-limit');
}

/** Watches until there is an end. Continues as new well before the history limits. */
export async function watchResponse(task: Task, responseId: string): Promise<WatchEnd> {
  for (let hasLookedAgain = false; ;) {
    const end = endOf(task);
    if (!hasLookedAgain && mustLookAgain(end, task)) {
      hasLookedAgain = true;
      await lookOnce(task, responseId, true);
      continue;
    }
    hasLookedAgain &&= end !== null;
    if (end) {
      leaveNet(task, mayGoOn(task));
      return end;
    }
    if (task.looksInRun >= MAX_LOOKS_PER_RUN || workflowInfo().continueAsNewSuggested) {
      leaveNet(task, false);
      await carryOn(task, sourceOf(task, responseId));
    }
    const { mode } = task.progress.watched;
    if (mode === 'stream') {
      await followStream(task, responseId);
      continue;
    }
    if (mode === 'webhook' && isCalm(task) && task.wake !== 'look') {
      hasLookedAgain = await waitInNet(task, responseId);
      continue;
    }
    const waited = await waitForLook(task);
    const mustStop = task.wake === 'change' || endOf(task) !== null;
    if (!mustStop) await lookOnce(task, responseId, waited);
  }
}
