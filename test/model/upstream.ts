/** What each call of a task met upstream, from the emulator's ledger and the plan. */
import type { CallRow, CreateRow } from '../../emulator';
import { statusAt } from '../../emulator/lifecycle';
import { scriptOf } from '../../emulator/scenarios';
import type { Played } from './play';

export const TERMINAL = ['completed', 'failed', 'incomplete', 'cancelled'];

export interface Create {
  attempt: number;
  atMs: number;
  outcome: 'made' | 'refused' | 'lost' | 'rejected';
  /** What upstream has made, also where the reply was lost. */
  row: CreateRow | undefined;
  retryAfterSeconds: number;
}

export interface Look {
  atMs: number;
  /** A status, `missing` for a 404, or `fault`. */
  saw: string;
  retryAfterSeconds: number;
}

const retryAfter = (fault: { kind: string; headers?: Record<string, string> } | undefined): number =>
  Number(fault?.headers?.['retry-after'] ?? 0);

/** The POSTs of a task, in their order. */
export function createsIn({ plan, calls, creates, attachedId }: Played): Create[] {
  const own = creates.filter(({ id }) => id !== attachedId);
  return calls
    .filter(({ op }) => op === 'create')
    .map(({ at }, i) => {
      const fault = plan.creates[i];
      const planned = fault?.outcome ?? 'made';
      const row = own.find(({ metadata }) => Number(metadata.attempt) === i + 1);
      const outcome = planned === 'late_reply' ? 'made' : planned;
      return { attempt: i + 1, atMs: row?.at ?? at, outcome, row, retryAfterSeconds: retryAfter(fault?.do) };
    });
}

/** The status of a response at a moment, by its script and the cancel that reached it. */
export function statusOf({ id, at, endedAt, request }: CreateRow, atMs: number): string {
  const script = scriptOf(request, id);
  const scriptedMs = at + script.phases.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
  const cancelledAtMs = endedAt !== null && (script.isEndless || endedAt < scriptedMs) ? endedAt : null;
  const response = { id, createdAtMs: at, request, script, files: [], cancelledAtMs, deletedAtMs: null };
  return statusAt(response, atMs);
}

/** The GETs of one response, in their order. */
export function looksAt({ plan, calls, creates }: Played, responseId: string): Look[] {
  const response = creates.find(({ id }) => id === responseId);
  return (
    calls
      .filter(({ op }) => op === 'retrieve')
      .map((call, i) => ({ call, fault: plan.looks.find(({ nth }) => nth === i + 1)?.do }))
      // One that was cut off by ourselves told nobody anything.
      .filter(({ call }) => call.id === responseId && (call.faulted || call.status !== 0))
      .map(({ call, fault }) => ({ atMs: call.at, saw: sawIn(call, response), retryAfterSeconds: retryAfter(fault) }))
  );
}

function sawIn({ faulted, status, at }: CallRow, response: CreateRow | undefined): string {
  if (faulted) return status === 404 ? 'missing' : 'fault';
  return status === 200 && response ? statusOf(response, at) : 'missing';
}

export const cancelsOf = ({ calls }: Played, responseId: string): CallRow[] =>
  calls.filter(({ op, id }) => op === 'cancel' && id === responseId);

/** The responses that the task knew as its own, in their order: those that failed and were followed, and the last. */
export function knownIn({ result }: Played): string[] {
  const { responseId, retries } = result;
  return [...retries.map((one) => one.responseId), ...(responseId === null ? [] : [responseId])];
}
