/** The crash points of the table: what is under way, and when in it the worker dies. */
import type { CrashPoint } from '../crash/points';
import type { Work } from './work';

export interface CrashRow {
  at: CrashPoint;
  /** In the table. */
  name: string;
  work: Work;
  /** Which time the point is reached, between these; the seed decides. Default: the first. */
  nth?: readonly [number, number];
  /** From then on, between these. Default: at once. */
  afterMs?: readonly [number, number];
}

/** Looks by durable timers. */
const durable = (seconds: number): Work => ({
  options: { pollIntervalsSeconds: [1], inlineWaitSeconds: 0 },
  seconds,
  endsAs: 'completed',
});

/** Looks within the create. */
const inline = (seconds: number): Work => ({
  options: { pollIntervalsSeconds: [0.5] },
  seconds,
  endsAs: 'completed',
});

const streamed: Work = { options: { watch: 'stream' }, seconds: 6, outputBytes: 8_000, endsAs: 'completed' };
/** Without the cancel it would go on for much longer than anybody waits. */
const cancelled: Work = { ...durable(600), isCancelled: true, endsAs: 'cancelled' };
/** Each look is 11 events; the server of the place wants a new run after 60. */
const long: Work = { ...durable(8), options: { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0 } };
const batch: Work = { ...inline(2), batchOf: 8 };

export const CRASH_ROWS: readonly CrashRow[] = [
  { at: 'create-unsent', name: 'before the create is sent', work: inline(2) },
  { at: 'create-sent', name: 'create sent, no reply yet', work: inline(2), afterMs: [5, 250] },
  { at: 'create-replied', name: 'reply of the create there, id not read', work: inline(2) },
  { at: 'id-unrecorded', name: 'id known, not recorded', work: inline(2) },
  { at: 'id-recorded', name: 'id recorded by the heartbeat', work: inline(4), afterMs: [300, 1500] },
  { at: 'activity-unreturned', name: 'before the return of an activity', work: durable(6), nth: [1, 4] },
  { at: 'activity-returned', name: 'after the return of an activity', work: durable(6), nth: [1, 4] },
  { at: 'timer-unset', name: 'timer set, not yet on the server', work: durable(6), nth: [1, 3] },
  { at: 'timer-running', name: 'in a durable timer', work: durable(6), nth: [1, 3], afterMs: [100, 900] },
  { at: 'signal-handler', name: 'in the handler of a cancel signal', work: cancelled },
  { at: 'cancel-unsent', name: 'before the cancel is sent', work: cancelled },
  { at: 'cancel-replied', name: 'after the reply of the cancel', work: cancelled },
  { at: 'output-fetched', name: 'output fetched, activity not returned', work: durable(3) },
  {
    at: 'blob-written',
    name: 'large answer in the store, not claimed',
    work: { ...durable(3), outputBytes: 150_000 },
  },
  { at: 'continue-unsent', name: 'before continue-as-new', work: long },
  { at: 'continued', name: 'after continue-as-new', work: long },
  { at: 'page-child', name: 'child of a batch page started', work: batch, nth: [1, 8] },
  { at: 'records-saved', name: 'records of a page saved', work: batch },
  { at: 'create-event', name: 'in the stream of the create', work: streamed, nth: [1, 2] },
  { at: 'stream-event', name: 'in a stream that is followed', work: streamed, nth: [2, 40] },
];

/** A reply that takes its time, so that the kill comes before it. */
export const SLOW_REPLIES = [
  { op: 'create', task: '/^create-sent-/', nth: 1, do: { kind: 'delay', ms: 3_000 } },
] as const;

/** Runs continue as new after some looks, and not after four hundred. */
export const SHORT_RUNS = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'];
