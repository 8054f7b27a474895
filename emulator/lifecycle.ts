/** Pure: what a response is at a moment. No timers: the clock comes from outside. */
import type { StoredResponse } from './types';

/** A detour takes at most this long. */
const DETOUR_SECONDS = 4;

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
  // The first part of the run is an ordinary one, so that the status seems to go on and then back. A run that never
  // ends shows its last detour for ever.
  const partSeconds = Math.min(Math.max(script.runSeconds, 0.001), DETOUR_SECONDS) / (script.detour.length + 1);
  const place = Math.floor(((nowMs - createdAtMs) / 1000 - script.queuedSeconds) / partSeconds);
  return place === 0 ? 'in_progress' : (script.detour[Math.min(place, script.detour.length) - 1] ?? 'in_progress');
}
