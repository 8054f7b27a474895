/** What a run has left upstream: the responses that its history names, and the creates whose id it does not. Pure. */
import type { PossibleOrphan } from '../contracts';
import { isObject } from '../is-object';
import { RESPONSE_ID_PATTERN } from '../names';
import type { RunEvent } from './run-events';

/** A create that was or may have been accepted, and whose id is not known. */
export interface LostCreate {
  attempt: number;
  at: string | null;
  reason: string;
}

export interface Trace {
  responseIds: string[];
  lost: LostCreate[];
}

/** The id in an argument, a result, or the details of a heartbeat; null for none. */
function idIn(value: unknown): string | null {
  if (!isObject(value)) return null;
  const { responseId, report, attach, carried } = value;
  if (typeof responseId === 'string' && RESPONSE_ID_PATTERN.test(responseId)) return responseId;
  return idIn(report) ?? idIn(carried) ?? idIn(attach);
}

const attemptIn = (value: unknown): number =>
  isObject(value) && typeof value.attempt === 'number' ? value.attempt : 0;

/** Why the id of a create is not known; null when it is, or when the create was certainly not accepted. */
function lossOf(end: RunEvent | undefined): string | null {
  if (!end) return 'it was under way when the workflow ended';
  if (end.values.some((value) => idIn(value) !== null)) return null;
  if (end.kind === 'timedOut') return end.values.length > 0 ? 'its worker was lost' : null;
  return end.failureType === 'Upstream.AmbiguousCreate' ? 'its reply was lost' : null;
}

/** Creates of the runs before this one, whose own histories are not read: how many, and those that were lost. */
function carriedIn(value: unknown): { attempts: number; lost: PossibleOrphan[] } {
  const { attempts, possibleOrphans } = isObject(value) && isObject(value.carried) ? value.carried : {};
  return {
    attempts: typeof attempts === 'number' ? attempts : 0,
    lost: Array.isArray(possibleOrphans) ? (possibleOrphans as PossibleOrphan[]) : [],
  };
}

/** @param heartbeats Of activities that were under way at the end. */
export function traceOf(events: RunEvent[], heartbeats: unknown[]): Trace {
  const ends = new Map(events.filter(({ kind }) => kind !== 'scheduled').map((event) => [event.scheduledId, event]));
  const runsBefore = events.filter(({ kind }) => kind === 'input').flatMap((event) => event.values.map(carriedIn));
  const carried = runsBefore.flatMap(({ lost }) => lost);
  const before = Math.max(0, ...runsBefore.map(({ attempts }) => attempts));
  const values = [...events.flatMap((event) => event.values), ...carried, ...heartbeats];
  const ids = values.map(idIn).filter((id) => id !== null);
  const offered = new Set(
    events.filter(({ kind }) => kind === 'signal').flatMap((event) => event.values.map(attemptIn)),
  );
  const lost = events
    .filter(({ kind, activity }) => kind === 'scheduled' && activity === 'startResponse')
    // Counted as the workflow counts: a create that was held back for the account is none.
    .filter(({ scheduledId }) => ends.get(scheduledId)?.failureType !== 'AwaitPermit')
    .flatMap((create, i): LostCreate[] => {
      const end = ends.get(create.scheduledId);
      const isKnown = !end && heartbeats.some((value) => idIn(value) !== null);
      // What a large request was sent with is not in the history.
      const [attempt, reason] = [attemptIn(create.values[0]) || before + i + 1, isKnown ? null : lossOf(end)];
      return reason && !offered.has(attempt) ? [{ attempt, at: create.at, reason }] : [];
    });
  const carriedLost = carried.filter((one) => idIn(one) === null && !offered.has(one.attempt));
  return { responseIds: [...new Set(ids)], lost: [...carriedLost, ...lost] };
}
