/** Which way of watching a task uses, and when it changes. Pure. */
import type { StreamPlace, TaskProgress, WatchMode } from '../contracts';
import { pollInterval, type TaskSettings } from '../settings';

export const START_OF_STREAM: StreamPlace = { cursor: null, textTail: '' };

/** After this a stream that breaks cannot be resumed: upstream refuses it. */
export const STREAM_RESUMABLE_MS = 5 * 60_000;

/** `auto` begins with the stream: it is the quickest, and a run that is short needs nothing else. */
export const firstMode = ({ watch }: TaskSettings): WatchMode => (watch === 'auto' ? 'stream' : watch);

/**
 * A webhook may be a moment ahead of what a GET says, and a look may fail: looks then follow soon, before the next wait
 * by the schedule, which may be long.
 */
const RECHECK_SECONDS = [5, 60];
export const SECONDS_AFTER_FAULT = 60;

const scheduleOf = (settings: TaskSettings, { watched }: TaskProgress): number[] =>
  watched.mode === 'webhook' ? settings.safetyNetSeconds : settings.pollIntervalsSeconds;

/** The waits between looks. */
export function intervalsOf(settings: TaskSettings, progress: TaskProgress): number[] {
  const { watched, rechecks, lastFault, pollIndex } = progress;
  const schedule = scheduleOf(settings, progress);
  const soon = rechecks > 0 ? RECHECK_SECONDS[RECHECK_SECONDS.length - rechecks] : undefined;
  if (soon !== undefined) return [Math.min(soon, pollInterval(schedule, pollIndex))];
  return watched.mode === 'webhook' && lastFault ? [SECONDS_AFTER_FAULT] : schedule;
}

/** Notes that looks should follow soon, unless the next one is near anyway. */
export function recheckSoon(progress: TaskProgress, settings: TaskSettings): void {
  const next = pollInterval(scheduleOf(settings, progress), progress.pollIndex);
  progress.rechecks = next > settings.inlineWaitSeconds ? RECHECK_SECONDS.length : 0;
}

/** The place in the schedule where a run of this age would be, had it been polled from the beginning. */
function pollIndexAt(intervals: number[], ageSeconds: number): number {
  let [index, seconds] = [0, 0];
  for (; index < intervals.length - 1; index++) {
    seconds += intervals[index] ?? 0;
    if (seconds > ageSeconds) break;
  }
  return index;
}

/** Gives the stream up: a webhook where one may be relied on, else looks. */
export function leaveStream(progress: TaskProgress, settings: TaskSettings, reason: string): void {
  const to: WatchMode = settings.watch === 'auto' && settings.webhookReceiver ? 'webhook' : 'poll';
  progress.watched.fallbacks.push({ from: progress.watched.mode, to, reason });
  progress.watched.mode = to;
  const ageSeconds = (Date.now() - progress.startedAtMs) / 1000;
  progress.pollIndex = pollIndexAt(intervalsOf(settings, progress), ageSeconds);
}
