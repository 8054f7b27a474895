/** The last phase: the truth from upstream, cleanup, and the result. */
import { ActivityFailure } from '@temporalio/workflow';
import type { LostUpload, TaskError, TaskOutcome, TaskResult } from '../contracts';
import type { EarlyEnd } from './create';
import { cancel, resources } from './policies';
import { absorb, setStatus, showDetails, type Task } from './task-state';
import type { WatchEnd } from './watch';

const reasonOf = (error: unknown): string =>
  error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);

/** Cancels upstream and takes over what the GET after it said. Gives what could not be done, in words. */
async function cancelUpstream(task: Task, responseId: string): Promise<string[]> {
  task.phase = 'cancelling';
  showDetails(task);
  const { progress, settings } = task;
  const answerKey = task.input.answerKey ?? null;
  const { taskId } = task;
  const { include, secretNames } = progress;
  const input = { taskId, responseId, include, maxOutputBytes: settings.maxOutputBytes, answerKey, secretNames };
  try {
    const { pollIndex } = progress;
    absorb(task, await cancel.cancelResponse.executeWithOptions({ summary: 'cancel upstream, then look' }, [input]));
    progress.pollIndex = pollIndex;
    return [];
  } catch (error) {
    return [`response ${responseId} may still be running and be paid: ${reasonOf(error)}`];
  }
}

/** Deletes what the task made. A container is kept after a good end: its files may still be wanted. */
async function cleanUp(task: Task, status: TaskOutcome): Promise<string[]> {
  const { fileIds, responseId } = task.progress;
  const stopped = status === 'cancelled' || status === 'timed_out';
  if (!stopped && fileIds.length === 0) return [];
  task.phase = 'cleaning';
  showDetails(task);
  const containerIds = stopped ? (task.answer?.containerIds ?? []) : [];
  const reason = task.stop?.reason ?? null;
  const input = { taskId: task.taskId, responseId, status, reason, fileIds, containerIds };
  try {
    return (await resources.cleanUp.executeWithOptions({ summary: 'clean up' }, [input])).notCleaned;
  } catch (error) {
    const left = [...fileIds.map((id) => `file ${id}`), ...containerIds.map((id) => `container ${id}`), 'cleanup hook'];
    return [`cleanup did not finish (${reasonOf(error)}); perhaps left: ${left.join(', ')}`];
  }
}

function inWords({ name, copies, goneAt }: LostUpload): string {
  const what = copies === 1 ? 'a copy' : `${copies} copies`;
  return `perhaps ${what} of ${name}: an upload was not answered, so its id is not known; upstream deletes it by ${goneAt}`;
}

function timeoutError(end: 'max_wait_seconds' | 'max_queued_seconds', { settings }: Task): TaskError {
  const limit = end === 'max_wait_seconds' ? settings.maxWaitSeconds : settings.maxQueuedSeconds;
  const what = end === 'max_wait_seconds' ? 'did not end' : 'was still queued';
  const then = settings.onTimeout === 'leave' ? 'It was left running.' : 'It was cancelled.';
  return {
    code: end,
    message: `The response ${what} after ${limit} s. ${then} Raise the limit, or attach to it again.`,
  };
}

/** The status and error of a response that was watched, after the cancel if there was one. */
function verdict(task: Task, end: WatchEnd): EarlyEnd {
  const { answer, progress } = task;
  // What a GET said goes before everything that we wanted.
  if (answer && (end === 'answered' || end === 'stopped' || answer.status !== 'cancelled')) {
    return { status: answer.status, error: answer.error };
  }
  if (end === 'expired') {
    const message = `Upstream knows no response ${progress.responseId} (any more): it was deleted, or its retention ended.`;
    return { status: 'expired', error: { code: 'not_found', message } };
  }
  if (end === 'max_wait_seconds' || end === 'max_queued_seconds') {
    return { status: 'timed_out', error: timeoutError(end, task) };
  }
  return { status: 'cancelled', error: null };
}

function resultOf(task: Task, { status, error }: EarlyEnd, notCleaned: string[], detectedMs: number): TaskResult {
  const { progress, answer } = task;
  return {
    taskId: task.taskId,
    status,
    responseId: progress.responseId,
    model: progress.model,
    outputText: answer?.outputText ?? null,
    output: answer?.output ?? null,
    outputOmitted: answer?.outputOmitted ?? false,
    answerKey: answer?.answerKey ?? null,
    error,
    incompleteReason: answer?.incompleteReason ?? null,
    usage: answer?.usage ?? null,
    timings: {
      created: progress.createdAt,
      started: progress.startedAt,
      finished: answer?.finishedAt ?? null,
      detected: task.seenAt ?? new Date(detectedMs).toISOString(),
    },
    polls: progress.polls,
    creates: progress.creates,
    watched: progress.watched,
    retries: progress.retries,
    possibleOrphans: progress.possibleOrphans,
    unknownStatuses: progress.unknownStatuses,
    cancelReason: task.stop?.reason ?? null,
    notCleaned,
  };
}

/** Ends a task: with a response that was watched (`WatchEnd`), or without one (`EarlyEnd`). */
export async function finish(task: Task, end: WatchEnd | EarlyEnd): Promise<TaskResult> {
  const { responseId } = task.progress;
  const timedOut = end === 'max_wait_seconds' || end === 'max_queued_seconds';
  const mustCancel = end === 'stopped' || (timedOut && task.settings.onTimeout === 'cancel');
  const stillRunning = mustCancel && responseId ? await cancelUpstream(task, responseId) : [];
  const detectedMs = Date.now();
  const ended = typeof end === 'string' ? verdict(task, end) : end;
  const notCleaned = [
    ...stillRunning,
    ...(await cleanUp(task, ended.status)),
    ...task.progress.lostUploads.map(inWords),
  ];
  task.result = resultOf(task, ended, notCleaned, detectedMs);
  task.phase = 'done';
  setStatus(task, ended.status);
  return task.result;
}
