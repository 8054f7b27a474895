/** What the messages to a task mean for it: when it must stop, until when it may go on, when it was asked to look. */
import type { Played, Sent } from './play';

const isStop = ({ message: { kind } }: Sent): boolean => kind === 'cancel' || kind === 'cancelTask';

/** Cancels, of either kind, in their order. */
export const stopsIn = ({ sent }: Played): Sent[] => sent.filter((one) => isStop(one) && one.refused === null);

/** The first that was taken well before the end, so that it must have had its effect. */
export const heardStop = (played: Played): Sent | undefined => stopsIn(played)[0];

const changesIn = ({ sent }: Played): Sent[] =>
  sent.filter(({ message, refused }) => message.kind === 'change' && refused === null);

/** A limit in force at a moment; one that was changed then may be the old or the new one. */
function limitsAt(played: Played, name: 'maxWaitSeconds' | 'maxQueuedSeconds', atMs: number): (number | undefined)[] {
  let limits = [played.plan.options[name]];
  for (const { message, sentMs, takenMs } of changesIn(played)) {
    const to = message.kind === 'change' ? message.change[name] : undefined;
    if (to === undefined || sentMs > atMs) continue;
    limits = takenMs < atMs ? [to] : [...limits, to];
  }
  return limits;
}

/** The deadlines that may be meant at a moment. */
export const deadlinesAt = (played: Played, atMs: number): number[] =>
  limitsAt(played, 'maxWaitSeconds', atMs).map((seconds = Infinity) => played.startedMs + seconds * 1000);

/** When a response that is still queued has been so for too long. */
export function queuedDeadlinesAt(played: Played, createdMs: number, atMs: number): number[] {
  // The API tells the whole second in which a response was made, and what was made before the task counts from its start.
  const sinceMs = Math.max(Math.floor(createdMs / 1000) * 1000, played.startedMs);
  return limitsAt(played, 'maxQueuedSeconds', atMs).map((seconds = Infinity) => sinceMs + seconds * 1000);
}

/** The intervals in force at a moment, or undefined where that is not certain. */
export function intervalsAt(played: Played, atMs: number): number[] | undefined {
  let intervals: number[] | undefined = played.plan.options.pollIntervalsSeconds;
  for (const { message, sentMs, takenMs } of changesIn(played)) {
    const to = message.kind === 'change' ? message.change.pollIntervalsSeconds : undefined;
    if (to && sentMs <= atMs) intervals = takenMs < atMs ? to : undefined;
  }
  return intervals;
}

/** Whether a message asks for a look at this response: `lookNow`, or the offer of it. */
export const asksFor = (responseId: string) => (one: Sent) =>
  one.refused === null &&
  (one.message.kind === 'lookNow' || (one.message.kind === 'offer' && one.offered?.responseId === responseId));

export const isChange = ({ message, refused }: Sent): boolean => message.kind === 'change' && refused === null;
