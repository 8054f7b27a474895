/** The second phase: the stream, or looks with durable timers between them, until an end or a reason to stop. */
import { condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { TaskInput, TaskResult } from '../contracts';
import { nextWaitSeconds } from '../settings';
import { followStream } from './follow';
import { endOf, lookOnce, type WatchEnd } from './look';
import { intervalsOf, recheckSoon } from './modes';
import { MAX_LOOKS_PER_RUN } from './policies';
import { deadlineMs, queuedDeadlineMs, showDetails, type Task } from './task-state';

export type { WatchEnd };

/** What comes after a wait: the next interval, or looks soon after one that was asked for. */
function noteWait({ progress, wake }: Task, woken: boolean): void {
  const isAsked = progress.watched.mode === 'webhook' && wake === 'look';
  if (isAsked) recheckSoon(progress);
  else if (!woken && progress.rechecks > 0) progress.rechecks--;
  else if (!woken && !(progress.watched.mode === 'webhook' && progress.lastFault)) progress.pollIndex++;
}

/** Waits by a durable timer; false when the wait is short enough to happen inside the visit. */
async function waitForLook(task: Task): Promise<boolean> {
  const { progress, settings } = task;
  const isPolled = progress.watched.mode === 'poll';
  const seconds = nextWaitSeconds(intervalsOf(settings, progress), { ...progress, fault: progress.lastFault });
  if (isPolled && seconds <= settings.inlineWaitSeconds && progress.missing === 0) {
    // A change that came during the last look holds from now on; waiting for it once more would never end.
    task.wake = null;
    return false;
  }
  // A webhook that came during the create or a look may be news that these did not see, and the next wait is long.
  const isAsked = !isPolled && task.wake === 'look';
  if (!isAsked) await waitByTimer(task, seconds);
  else noteWait(task, true);
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
  const woken = await condition(() => task.stop !== null || task.wake !== null, ms, { summary });
  task.nextLookAtMs = null;
  noteWait(task, woken);
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
    if (task.progress.watched.mode === 'stream') {
      await followStream(task, responseId);
      continue;
    }
    const waited = await waitForLook(task);
    const mustStop = task.wake === 'change' || endOf(task) !== null;
    if (!mustStop) await lookOnce(task, responseId, waited);
  }
}
