/** `retryOn`: another response after one that failed upstream. Each is a new paid run that the user asked for. */
import { condition, patched } from '@temporalio/workflow';
import { RETRYABLE_CODES } from '../contracts';
import type { EarlyEnd } from './create';
import { firstMode, START_OF_STREAM } from './modes';
import { createBackoffSeconds } from './policies';
import { deadlineMs, setStatus, type Task } from './task-state';
import type { WatchEnd } from './watch';

/** Whether the task goes on with a new response. Only what upstream itself called failed is tried again. */
export function mayRetry({ answer, stop, settings, progress, input }: Task, end: WatchEnd | EarlyEnd): boolean {
  if (end !== 'answered' || answer?.status !== 'failed' || stop || input.attach) return false;
  const { codes = RETRYABLE_CODES, times = 0 } = settings.retryOn ?? {};
  const code = answer.error?.code ?? '';
  return progress.retries.length < times && (codes as readonly string[]).includes(code);
}

/** Notes the failed response and waits before the next: upstream is in trouble. */
export async function prepareRetry(task: Task): Promise<void> {
  const { progress, answer } = task;
  const code = answer?.error?.code ?? 'unknown_error';
  progress.retries.push({ responseId: progress.responseId ?? '', code, usage: answer?.usage ?? null });
  Object.assign(progress, { responseId: null, createdAt: null, startedAt: null, lastFault: null });
  Object.assign(progress, { pollIndex: 0, retryAfterSeconds: null, missing: 0, rechecks: 0 });
  // What could not be had for the last response may be had for the next.
  progress.watched.mode = firstMode(task.settings);
  progress.place = START_OF_STREAM;
  task.answer = null;
  task.seenAt = null;
  // A hint was about the last response. Older histories looked at the next one for it, whatever upstream had asked for.
  if (task.wake === 'look' && patched('hint-of-last-response')) task.wake = null;
  task.phase = 'creating';
  setStatus(task, 'queued');
  const seconds = createBackoffSeconds(progress.retries.length);
  const ms = Math.max(1, Math.min(seconds * 1000, deadlineMs(task) - Date.now()));
  await condition(() => task.stop !== null, ms, {
    summary: `retry ${progress.retries.length} in ${seconds} s: ${code}`,
  });
}
