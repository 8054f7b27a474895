/** What a run costs by its length and the way it is watched: counted with the product's own schedules. Pure. */
import { VISIT_SECONDS } from '../../src/activities/visit';
import { DEFAULT_SETTINGS, nextWaitSeconds } from '../../src/settings';
import { STREAM_RESUMABLE_MS } from '../../src/workflows/modes';
import { looksDue } from '../../src/workflows/net-schedule';
import { MAX_LOOKS_PER_RUN } from '../../src/workflows/policies';
import { ourBeats } from '../watch/actions';

export const WAYS = ['poll', 'stream', 'webhook', 'auto', 'naive'] as const;
/** `auto` has a receiver; `naive` is a timer and an activity every 2 s. */
export type Way = (typeof WAYS)[number];

export interface Cost {
  /** As Temporal Cloud bills them. */
  actions: number;
  /** POSTs, GETs and connections for events, those of the receiver included. */
  calls: number;
}

const settings = DEFAULT_SETTINGS;
/** The activity leaves a little earlier than the stream gets too old. */
const LEAVES_AFTER_SECONDS = STREAM_RESUMABLE_MS / 1000 - 5;
const NAIVE_SECONDS = 2;
/** Heartbeat timeouts, as the workflow gives them; short runs are measured, and show it when they are others. */
const LOOK_TIMEOUT_SECONDS = 9;
const STREAM_TIMEOUT_SECONDS = 30;
/** A stream is followed from when the run has begun; as in the runs that are measured. */
const QUEUED_SECONDS = 0.5;

const waitOf = (pollIndex: number): number =>
  nextWaitSeconds(settings.pollIntervalsSeconds, { pollIndex, retryAfterSeconds: null, fault: null });

/** Looks of one visit that begins at `fromSeconds`, until its end or that of the run. */
function visited(lengthSeconds: number, fromSeconds: number, pollIndex: number) {
  let [at, index] = [fromSeconds, pollIndex];
  for (let wait = waitOf(index); at < lengthSeconds; wait = waitOf(index)) {
    if (wait > settings.inlineWaitSeconds || at + wait - fromSeconds > VISIT_SECONDS) break;
    at += wait;
    index++;
  }
  return { at, index };
}

/** The start of the workflow, its create, and both changes of its status. */
const createdFor = (seconds: number): number => 1 + 1 + ourBeats('startResponse', seconds, LOOK_TIMEOUT_SECONDS) + 2;

function poll(lengthSeconds: number): Cost {
  let { at, index } = visited(lengthSeconds, 0, 0);
  let actions = createdFor(at);
  for (let looks = 1; at < lengthSeconds; looks++) {
    const began = at + waitOf(index++);
    const after = visited(lengthSeconds, began, index);
    actions += 1 + 1 + ourBeats('checkResponse', after.at - began, LOOK_TIMEOUT_SECONDS);
    // A run that continues as new is a start.
    if (looks % MAX_LOOKS_PER_RUN === 0) actions++;
    ({ at, index } = after);
  }
  return { actions, calls: 1 + index };
}

/** A timer stands beside the stream; a GET comes after it. */
function stream(lengthSeconds: number): Cost {
  const following = 1 + 1 + ourBeats('followResponse', lengthSeconds - QUEUED_SECONDS, STREAM_TIMEOUT_SECONDS);
  return { actions: createdFor(0) + following, calls: 1 + 1 + 1 };
}

/** Each look of the net is an attempt and a heartbeat, and so is the wait before the first one. */
function net(seconds: number): Cost {
  const looks = looksDue({ settings, pollIndex: 0, sinceMs: 0, cancel: () => undefined }, seconds * 1000);
  return { actions: 1 + looks + (1 + looks), calls: looks };
}

/** The receiver's GET and query, its signal, and the look. */
const toldOf: Cost = { actions: 1 + 1 + 1 + ourBeats('checkResponse', 0, LOOK_TIMEOUT_SECONDS), calls: 1 + 1 };

function webhook(lengthSeconds: number): Cost {
  const { actions, calls } = net(lengthSeconds);
  // Nobody looks before the end, so there is one change of status less.
  return { actions: createdFor(0) - 1 + actions + toldOf.actions, calls: 1 + calls + toldOf.calls };
}

function auto(lengthSeconds: number): Cost {
  if (lengthSeconds <= LEAVES_AFTER_SECONDS) {
    const { actions, calls } = stream(lengthSeconds);
    // The receiver hears of it too: its GET, its query, and a signal that changes nothing any more.
    return { actions: actions + 2, calls: calls + 1 };
  }
  const streamed = stream(LEAVES_AFTER_SECONDS);
  const waited = net(lengthSeconds - LEAVES_AFTER_SECONDS);
  return {
    actions: streamed.actions + waited.actions + toldOf.actions,
    calls: streamed.calls - 1 + waited.calls + toldOf.calls,
  };
}

function naive(lengthSeconds: number): Cost {
  const looks = Math.ceil(lengthSeconds / NAIVE_SECONDS);
  return { actions: 1 + 1 + 2 * looks, calls: 1 + looks };
}

const MODELS: Record<Way, (lengthSeconds: number) => Cost> = { poll, stream, webhook, auto, naive };

export const costOfRun = (way: Way, lengthSeconds: number): Cost => MODELS[way](lengthSeconds);
