/** Pure: what a response is at a moment. No timers: the clock comes from outside. */
import type { StoredResponse } from './types';

const TERMINAL = ['completed', 'failed', 'incomplete', 'cancelled'];

export const isTerminal = (status: string): boolean => TERMINAL.includes(status);

/** When it ends by itself. */
export function endsAtMs({ createdAtMs, script }: StoredResponse): number {
  return createdAtMs + (script.queuedSeconds + script.runSeconds) * 1000;
}

/** The status at `nowMs`. */
export function statusAt(response: StoredResponse, nowMs: number): string {
  const { createdAtMs, cancelledAtMs, script } = response;
  const endMs = endsAtMs(response);
  if (cancelledAtMs !== null && nowMs >= cancelledAtMs) {
    return script.lateCompletion && nowMs >= endMs ? script.ending.status : 'cancelled';
  }
  if (nowMs < createdAtMs + script.queuedSeconds * 1000) return 'queued';
  if (nowMs >= endMs) return script.ending.status;
  if (!script.detour) return 'in_progress';
  const part = (nowMs - createdAtMs) / 1000 - script.queuedSeconds;
  const place = Math.floor((part / Math.max(script.runSeconds, 0.001)) * (script.detour.length + 1));
  // The first part of the run is an ordinary one, so that the status seems to go on and then back.
  return place === 0 ? 'in_progress' : (script.detour[place - 1] ?? 'in_progress');
}
