/** When two attempts of one activity may have been at work: the engine gave up the first, which did not know of it yet. */
import type { History } from '@temporalio/common/lib/proto-utils';
import { optionalTsToMs } from '@temporalio/common/lib/time';

export interface Span {
  fromMs: number;
  untilMs: number;
}

/** A visit of `src/activities/visit.ts` is over after 20 s, and its last call after a moment. */
const VISIT_MS = 25_000;

/**
 * A worker that the server does not hear from is given up after a heartbeat's time, and goes on until it hears of it.
 * Activities that were begun anew, and creates that were not, show it in a history.
 */
export function overlapsIn({ events }: History): Span[] {
  const scheduled = new Map<string, number>();
  return (events ?? []).flatMap((event) => {
    const atMs = optionalTsToMs(event.eventTime) ?? 0;
    if (event.activityTaskScheduledEventAttributes) scheduled.set(String(event.eventId), atMs);
    if (event.activityTaskTimedOutEventAttributes) return [{ fromMs: atMs, untilMs: atMs + VISIT_MS }];
    const { attempt, lastFailure, scheduledEventId } = event.activityTaskStartedEventAttributes ?? {};
    if ((attempt ?? 0) <= 1 || !lastFailure?.timeoutFailureInfo) return [];
    return [{ fromMs: scheduled.get(String(scheduledEventId)) ?? atMs, untilMs: atMs + VISIT_MS }];
  });
}
