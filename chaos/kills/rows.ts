/** The crash points of the table: what is under way, and when in it the worker dies. */
import type { CrashPoint } from '../crash/points';
import type { Work } from './work';

export interface CrashRow {
  at: CrashPoint;
  /** In the table. */
  name: string;
  work: Work;
  /** Nobody can know whether there is a response: a second create may follow, and is named. */
  isAmbiguous?: true;
  /** Which time the point is reached, between these; the seed decides. Default: the first. */
  nth?: readonly [number, number];
  /** From then on, between these. Default: at once. */
  afterMs?: readonly [number, number];
}

/** Looks by durable timers. */
export const durable = (seconds: number): Work => ({
  options: { pollIntervalsSeconds: [1], inlineWaitSeconds: 0 },
  seconds,
  endsAs: 'completed',
});

/** Looks within the create. */
export const inline = (seconds: number): Work => ({
  options: { pollIntervalsSeconds: [0.5] },
  seconds,
  endsAs: 'completed',
});

export const STREAMED: Work = { options: { watch: 'stream' }, seconds: 6, outputBytes: 8_000, endsAs: 'completed' };
/** Without the cancel it would go on for much longer than anybody waits. */
export const CANCELLED: Work = { ...durable(600), isCancelled: true, endsAs: 'cancelled' };
/** Each look is 11 events; the server of the place wants a new run after 60. */
const long: Work = { ...durable(24), options: { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0 } };
export const BATCH: Work = { ...inline(2), batchOf: 8 };

export const CRASH_ROWS: readonly CrashRow[] = [
  { at: 'create-unsent', name: 'before the create is sent', work: inline(2), isAmbiguous: true },
  { at: 'create-sent', name: 'create sent, no reply yet', work: inline(2), isAmbiguous: true, afterMs: [5, 500] },
  { at: 'create-replied', name: 'reply of the create there, id not read', work: inline(2), isAmbiguous: true },
  { at: 'id-unrecorded', name: 'id known, not recorded', work: inline(2), isAmbiguous: true },
  { at: 'id-recorded', name: 'id recorded by the heartbeat', work: inline(4), afterMs: [0, 1500] },
  { at: 'activity-unreturned', name: 'before the return of an activity', work: durable(10), nth: [1, 4] },
  { at: 'activity-returned', name: 'after the return of an activity', work: durable(10), nth: [1, 4] },
  { at: 'timer-unset', name: 'timer set, not yet on the server', work: durable(10), nth: [1, 3] },
  { at: 'timer-running', name: 'in a durable timer', work: durable(10), nth: [1, 3], afterMs: [100, 900] },
  { at: 'signal-handler', name: 'in the handler of a cancel signal', work: CANCELLED },
  { at: 'cancel-unsent', name: 'before the cancel is sent', work: CANCELLED },
  { at: 'cancel-replied', name: 'after the reply of the cancel', work: CANCELLED },
  { at: 'cleaned', name: 'after the cleanup', work: CANCELLED },
  { at: 'output-fetched', name: 'output fetched, activity not returned', work: durable(3) },
  {
    at: 'blob-written',
    name: 'large answer in the store, not claimed',
    work: { ...durable(3), outputBytes: 150_000 },
  },
  { at: 'continue-unsent', name: 'before continue-as-new', work: long },
  { at: 'continued', name: 'after continue-as-new', work: long },
  // The creates of the other children may be under way.
  { at: 'page-child', name: 'child of a batch page started', work: BATCH, nth: [1, 8], isAmbiguous: true },
  { at: 'records-saved', name: 'records of a page saved', work: BATCH },
  { at: 'create-event', name: 'in the stream of the create', work: STREAMED, isAmbiguous: true },
  { at: 'stream-event', name: 'in a stream that is followed', work: STREAMED, nth: [2, 40] },
];

/** Points within a workflow task, which the worker has: what is lost there is taken over when its time is over. */
const IN_WORKFLOW_TASK: readonly CrashPoint[] = [
  'activity-returned',
  'timer-unset',
  'signal-handler',
  'continue-unsent',
  'continued',
  'page-child',
];

/** Points within the create, and the looks that follow it in its activity. */
const IN_START: readonly CrashPoint[] = [
  'create-unsent',
  'create-sent',
  'create-replied',
  'id-unrecorded',
  'id-recorded',
  'create-event',
];

/** By what the loss of the worker is noticed: see `src/workflows/policies.ts` and `src/worker.ts`. */
export function noticedBy({ at }: CrashRow): string {
  if (at === 'timer-running') return 'sticky queue, 5 s';
  if (IN_WORKFLOW_TASK.includes(at)) return 'workflow task, 10 s';
  if (IN_START.includes(at)) return 'heartbeat, 11 s';
  return at === 'stream-event' ? 'heartbeat, 30 s' : 'heartbeat, 9 s';
}

/** A reply that takes its time, so that the kill comes before it. */
export const SLOW_REPLIES = [
  { op: 'create', task: '/^create-sent-/', nth: 1, do: { kind: 'delay', ms: 3_000 } },
] as const;

/** Runs continue as new after some looks, and not after four hundred. */
export const SHORT_RUNS = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'];
