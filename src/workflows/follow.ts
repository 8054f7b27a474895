/** The stream as the way of watching: one activity that reads it, with the task's own timers and messages beside it. */
import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { FollowInput } from '../contracts';
import { streamsTaskQueue } from '../names';
import { endOf, lookOnce } from './look';
import { leaveStream, STREAM_RESUMABLE_MS } from './modes';
import { follow, MAX_LOOKS_PER_RUN, NO_SLOT_AFTER } from './policies';
import { absorb, deadlineMs, planVisit, queuedDeadlineMs, showDetails, type Task } from './task-state';

const TOO_OLD = 'the run is too old for a stream';

function giveUp(task: Task, reason: string): void {
  leaveStream(task.progress, task.settings, reason);
  showDetails(task);
}

/** `auto` hands its slot on when the stream could not be resumed any more; else it is read for as long as it lasts. */
function leavesAtMs({ settings, progress }: Task): number {
  if (settings.watch !== 'auto') return Infinity;
  const created = progress.createdAt === null ? progress.startedAtMs : Date.parse(progress.createdAt);
  return created + STREAM_RESUMABLE_MS;
}

/** The activity leaves before our timer, which stands behind it: to be cancelled by that would be four events more. */
const LEAVE_EARLY_MS = 5_000;

function leaveOf(task: Task): Pick<FollowInput, 'leaveAfterSeconds'> {
  const ms = leavesAtMs(task) - Date.now();
  return Number.isFinite(ms) ? { leaveAfterSeconds: Math.max(0, ms - LEAVE_EARLY_MS) / 1000 } : {};
}

const hasLeft = ({ progress }: Task): boolean => progress.watched.fallbacks.at(-1)?.reason === TOO_OLD;

function reasonOf({ cause }: ActivityFailure, noSlotAfter: string): string {
  const isUnserved = cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
  return isUnserved ? `no slot for a stream within ${noSlotAfter}` : (cause?.message ?? 'no reason given');
}

async function followOnce(task: Task, responseId: string): Promise<void> {
  const { progress, settings, taskId } = task;
  const { taskQueue } = workflowInfo();
  const scheduleToStartTimeout = NO_SLOT_AFTER[settings.watch === 'auto' ? 'auto' : 'stream'];
  const options = { summary: 'follow the stream', taskQueue: streamsTaskQueue(taskQueue), scheduleToStartTimeout };
  const untilStarted = progress.status === 'queued';
  const plan = { ...planVisit(task, true), fault: progress.lastFault };
  const input: FollowInput = {
    taskId,
    responseId,
    plan,
    place: progress.place,
    untilStarted,
    ...leaveOf(task),
    taskQueue,
  };
  try {
    const { ended, report, place, reason } = await follow.followResponse.executeWithOptions(options, [input]);
    absorb(task, { ...report, place });
    if (ended === 'left') giveUp(task, TOO_OLD);
    if (ended === 'fall_back') giveUp(task, reason ?? 'no reason given');
  } catch (error) {
    // By ourselves, for a reason that is in `task`.
    if (isCancellation(error)) return;
    if (!(error instanceof ActivityFailure)) throw error;
    giveUp(task, reasonOf(error, scheduleToStartTimeout));
  }
}

/** Waits for the end of the stream, a message, or a moment that ends it. */
async function waitBeside(task: Task, isOver: () => boolean): Promise<void> {
  const untilMs = Math.min(deadlineMs(task), queuedDeadlineMs(task) ?? Infinity, leavesAtMs(task));
  const ms = Math.max(1, untilMs - Date.now());
  const summary = untilMs === leavesAtMs(task) ? 'the stream gets too old' : 'deadline';
  await condition(() => isOver() || task.stop !== null || task.wake !== null, ms, { summary });
}

/**
 * Follows the stream until it is over, or there is a reason to watch no more. `lookNow` looks while it goes on, and a
 * change sets the timer anew. Whatever it ends as, the loop around it decides from what `task` knows.
 */
export async function followStream(task: Task, responseId: string): Promise<void> {
  if (Date.now() >= leavesAtMs(task)) return giveUp(task, TOO_OLD);
  const scope = new CancellationScope();
  let isOver = false;
  showDetails(task);
  const following = scope.run(() => followOnce(task, responseId)).finally(() => (isOver = true));
  while (!isOver && endOf(task) === null && task.looksInRun < MAX_LOOKS_PER_RUN) {
    await waitBeside(task, () => isOver);
    const { wake } = task;
    task.wake = null;
    if (isOver || task.stop) {
      // A hint that came at the same moment is for what watches from now on.
      if (wake === 'look' && hasLeft(task)) task.wake = wake;
      break;
    }
    if (wake === 'look') await lookOnce(task, responseId, true);
    else if (Date.now() >= leavesAtMs(task)) {
      giveUp(task, TOO_OLD);
      break;
    }
  }
  scope.cancel();
  await following;
}
