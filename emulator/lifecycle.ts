/** Pure: what a response is at a moment. No timers: the clock comes from outside. */
import type { StoredResponse } from './types';

const TERMINAL = ['completed', 'failed', 'incomplete', 'cancelled'];

/** What is not stored can still be polled for this long after its end. */
const TEMPORARY_MS = 10 * 60_000;

export const isTerminal = (status: string): boolean => TERMINAL.includes(status);

/** When it ends by itself. */
export function endsAtMs({ createdAtMs, script }: StoredResponse): number {
  return createdAtMs + script.phases.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
}

/** When it leaves the queue for the first time. */
export function startsAtMs({ createdAtMs, script }: StoredResponse): number {
  const [first] = script.phases;
  return createdAtMs + (first?.status === 'queued' ? first.seconds * 1000 : 0);
}

/** When it is over: by its script, or by a cancel before that. A run that is stuck never is. */
export function stopsAtMs(response: StoredResponse): number {
  return Math.min(response.script.isEndless ? Infinity : endsAtMs(response), response.cancelledAtMs ?? Infinity);
}

/** The status at `nowMs`. */
export function statusAt(response: StoredResponse, nowMs: number): string {
  const { createdAtMs, cancelledAtMs, script } = response;
  if (cancelledAtMs !== null && nowMs >= cancelledAtMs) {
    return script.lateCompletion && nowMs >= endsAtMs(response) ? script.ending.status : 'cancelled';
  }
  let leftMs = nowMs - createdAtMs;
  for (const { status, seconds } of script.phases) {
    if (leftMs < seconds * 1000) return status;
    leftMs -= seconds * 1000;
  }
  return script.ending.status;
}

/** Whether a GET finds it no more: deleted, or not stored. What is stored stays: the API promises 30 days "at least". */
export function isGone(response: StoredResponse, nowMs: number): boolean {
  const { request, deletedAtMs, cancelledAtMs } = response;
  if (deletedAtMs !== null) return true;
  if (request.store !== false || !isTerminal(statusAt(response, nowMs))) return false;
  // Without `background` the answer is all there ever is.
  return request.background !== true || nowMs - Math.min(cancelledAtMs ?? Infinity, endsAtMs(response)) > TEMPORARY_MS;
}
