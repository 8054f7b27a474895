/** I7: how close looks were to each other, by the clock of upstream. */
import type { Ledger } from '../../emulator';
import { broken, type Broken } from './evidence';
import type { Span } from './overlaps';

type Call = Ledger['calls'][number];

/** Timers of a process may end a moment early, and both clocks count whole milliseconds. */
const TOLERANCE_MS = 20;
const AFTER_FAULT_MS = 1_000;
/**
 * Of one response: a stream that is cut, and connected to once more, with a look each; beside it a cancel that is followed by
 * looks every half second, and a webhook by one of the receiver. A loop would have made a hundred.
 */
const MOST_CALLS_A_SECOND = 8;

/** Of a task that is watched by looks alone. */
export interface Schedule {
  taskId: string;
  /** The shortest wait that was asked for. */
  leastSeconds: number;
  /** It was stopped for `maxQueuedSeconds`: it looks once more before that, whether it has left the queue. */
  isQueueEnded?: boolean;
  /** When two attempts may have looked beside each other, each by the schedule. */
  overlaps?: readonly Span[];
}

function byResponse(calls: readonly Call[], ops: readonly string[]): Map<string, Call[]> {
  const all = new Map<string, Call[]>();
  for (const call of calls) {
    if (call.id === null || !ops.includes(call.op)) continue;
    all.set(call.id, [...(all.get(call.id) ?? []), call]);
  }
  return all;
}

const isFailure = ({ status }: Call): boolean => status === 0 || status >= 400;

/** Until the end, or the first cancel: after these come looks that somebody has asked for. */
function ownLooks(calls: readonly Call[], { isQueueEnded }: Schedule, endedAtMs: number): Call[] {
  const cancelledAtMs = calls.find(({ op }) => op === 'cancel')?.at ?? Infinity;
  const untilMs = Math.min(endedAtMs, cancelledAtMs);
  const looks = calls.filter(({ op, at }) => op === 'retrieve' && at < untilMs);
  return isQueueEnded && cancelledAtMs < Infinity ? looks.slice(0, -1) : looks;
}

function closeLooks(looks: readonly Call[], { taskId, leastSeconds, overlaps = [] }: Schedule): string[] {
  return looks.slice(1).flatMap((look, i) => {
    const before = looks[i];
    if (!before) return [];
    const leastMs = Math.max(leastSeconds * 1000, isFailure(before) ? AFTER_FAULT_MS : 0);
    const gapMs = look.at - before.at;
    const byTwo = overlaps.some(({ fromMs, untilMs }) => look.at >= fromMs && look.at <= untilMs);
    return byTwo || gapMs >= leastMs - TOLERANCE_MS
      ? []
      : [`${taskId}: a look ${gapMs} ms after another, least ${leastMs}`];
  });
}

function hotLoop(id: string, calls: readonly Call[]): string[] {
  const times = calls.map(({ at }) => at).sort((a, b) => a - b);
  const from = times.findIndex((at, i) => (times[i + MOST_CALLS_A_SECOND] ?? Infinity) - at < 1000);
  const task = calls[0]?.task ?? 'no task';
  return from < 0 ? [] : [`${task}: more than ${MOST_CALLS_A_SECOND} calls for ${id} within a second`];
}

/** @param schedules Of the tasks whose looks nobody asked for otherwise. */
export function checkGaps(
  { calls, creates }: Pick<Ledger, 'calls' | 'creates'>,
  schedules: readonly Schedule[],
): Broken[] {
  const scheduleOf = new Map(schedules.map((one) => [one.taskId, one]));
  const all = byResponse(calls, ['retrieve', 'cancel', 'stream']);
  const tooClose = creates.flatMap(({ id, endedAt, metadata }) => {
    const schedule = scheduleOf.get(metadata.task_id ?? '');
    return schedule ? closeLooks(ownLooks(all.get(id) ?? [], schedule, endedAt ?? Infinity), schedule) : [];
  });
  const hot = [...all].flatMap(([id, some]) => hotLoop(id, some));
  return [...tooClose, ...hot].map((what) => broken('I7', what));
}
