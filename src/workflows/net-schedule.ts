/** When the safety net under webhooks looks. Pure: the looks themselves leave no trace in the history. */
import { pollInterval, type TaskSettings } from '../settings';

/** The activity that is out to look by the schedule. */
export interface Net {
  /** It was planned by these; others need another one. */
  readonly settings: TaskSettings;
  readonly pollIndex: number;
  readonly sinceMs: number;
  /** It came back with what a look of its own has found. */
  isBack?: true;
  cancel(): void;
}

/**
 * How many looks it was due to have made. The workflow learns the true number only when the activity returns, which the
 * server drops when the task ends by another look. One that failed and was repeated counts once.
 */
export function looksDue({ settings, pollIndex, sinceMs }: Net, nowMs: number): number {
  const waits = settings.safetyNetSeconds;
  let left = (nowMs - sinceMs) / 1000;
  let looks = 0;
  for (const wait of waits.slice(pollIndex, -1)) {
    if (left < wait) return looks;
    left -= wait;
    looks++;
  }
  return looks + Math.floor(left / pollInterval(waits, waits.length));
}

/** Enough to see the pattern. */
const SHOWN_LOOKS = 4;

/** Its first looks, as far as they come before the deadline. */
export function netLooksMs({ settings, pollIndex, sinceMs }: Net, deadlineMs: number): number[] {
  const looks: number[] = [];
  for (let atMs = sinceMs, i = 0; i < SHOWN_LOOKS; i++) {
    atMs += pollInterval(settings.safetyNetSeconds, pollIndex + i) * 1000;
    looks.push(Math.min(atMs, deadlineMs));
    if (atMs >= deadlineMs) break;
  }
  return looks;
}
