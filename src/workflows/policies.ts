/** How activities are called, each limit with its reason. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * One attempt only: the API has no idempotency key, so a second attempt made by the engine could be a second paid run.
 * The workflow decides, from the failure or from the heartbeat details of a lost worker.
 */
export const start = proxyActivities<Pick<Activities, 'startResponse'>>({
  // 60 s for the POST, 20 s for the visit, 60 s for the GET that may be under way at its end.
  startToCloseTimeout: '150s',
  // A lost worker is noticed after this; details are recorded three times as often. For ten seconds the server takes a
  // worker that is gone for there, and would leave the workflow task to it for five seconds more.
  heartbeatTimeout: '11s',
  retry: { maximumAttempts: 1 },
  // The id of a create that is under way must not be lost: wait for it, then cancel the response.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export const check = proxyActivities<Pick<Activities, 'checkResponse'>>({
  // 20 s for the visit, 60 s for a GET, and some air.
  startToCloseTimeout: '100s',
  heartbeatTimeout: '9s',
  // Faults of upstream are reported, not thrown, so this repeats what a lost worker left: a GET harms nobody.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  // A look has no effect to wait for.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Each attempt is a look: "not yet" is a failure that names the time of the next one. */
export const net = proxyActivities<Pick<Activities, 'awaitEnd'>>({
  // 60 s for a GET, the store, and some air. A worker that is lost at it is noticed by this: the next look has time.
  startToCloseTimeout: '100s',
  // For what a lost worker leaves; the wait between looks comes with the failure.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  // A look has no effect to wait for.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/**
 * On a task queue of its own, named at the call: a stream holds a slot for as long as the run lasts. The workflow's
 * timers stand behind it, so nothing here bounds the whole.
 */
export const follow = proxyActivities<Pick<Activities, 'followResponse'>>({
  // No connection is open for longer either; the next attempt goes on where this one stood.
  startToCloseTimeout: '24h',
  // A lost worker is noticed after this, and each third of it costs an action for as long as the run lasts: with 9 s, a
  // run of 20 min would cost 400.
  heartbeatTimeout: '30s',
  // What a lost worker or one that stops leaves, the next takes up. Bounded: a stream that brings workers down, or a
  // fault of ours, must not do so for ever. What could not be followed is polled.
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 30 },
  // Reading has no effect to wait for.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** No slot or no worker within this time: the run is watched in another way. `auto` has a better one than polling. */
export const NO_SLOT_AFTER = { stream: '20s', auto: '5s' } as const;

export const cancel = proxyActivities<Pick<Activities, 'cancelResponse'>>({
  // Two calls of at most 60 s, and ten looks.
  startToCloseTimeout: '150s',
  heartbeatTimeout: '9s',
  // Bounded, so that a task can end while upstream is away: ten attempts take about two minutes where calls are
  // answered. What is then left running is named in the result.
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 10 },
});

export const resources = proxyActivities<Pick<Activities, 'uploadFile' | 'cleanUp'>>({
  startToCloseTimeout: '10m',
  // A lost worker is noticed after this.
  heartbeatTimeout: '9s',
  // Five attempts as in `CLEAN_UP_ATTEMPTS`: deletions must not keep a finished task open for long. Of an upload they are
  // for what lost workers leave: after a refusal the workflow itself waits, so that it can be stopped meanwhile.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 5 },
});

/** A blob of records, and one event of the page's history, for as many. */
export const RECORDS_PER_BLOB = 50;

export const pages = proxyActivities<Pick<Activities, 'readHeads' | 'saveRecords' | 'readFew'>>({
  // Files of less than a megabyte; a store over a network may stall.
  startToCloseTimeout: '60s',
  // A lost worker is noticed after this: reading or writing the same again harms nobody.
  heartbeatTimeout: '9s',
  // For ever: a full disk is mended some day, and what was paid must be written down. `InputUnreadable` ends it, and
  // `readFew` does without.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
});

export const gates = proxyActivities<Pick<Activities, 'findEnded'>>({
  // Some hundred short calls of the Temporal server.
  startToCloseTimeout: '60s',
  // Who is let in meanwhile is told after it, and it is asked again after a minute anyway.
  scheduleToCloseTimeout: '60s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

export const prepare = proxyActivities<Pick<Activities, 'uploadSource' | 'createVectorStore' | 'createContainer'>>({
  // One call of at most 60 s, and reading the source.
  startToCloseTimeout: '90s',
  heartbeatTimeout: '9s',
  // Nothing is paid yet, and what an attempt leaves behind is found by its mark.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 10 },
  // What is under way must have ended before the cleanup looks for what there is.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export const index = proxyActivities<Pick<Activities, 'awaitIndex'>>({
  // A visit of 15 s, and a look of 60 s that may be under way at its end.
  startToCloseTimeout: '90s',
  heartbeatTimeout: '9s',
  // The workflow's own limit for indexing is ten minutes.
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  // A look has no effect to wait for.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

export const keep = proxyActivities<Pick<Activities, 'keepContainer'>>({
  startToCloseTimeout: '70s',
  heartbeatTimeout: '9s',
  // The container has 20 minutes; the next look comes ten minutes after this one.
  scheduleToCloseTimeout: '8m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

export const collect = proxyActivities<Pick<Activities, 'collectReport' | 'saveArtifact'>>({
  // Calls of at most 60 s, and the store.
  startToCloseTimeout: '90s',
  heartbeatTimeout: '9s',
  // The container goes 20 minutes after its last use: what was not had until then will not be.
  scheduleToCloseTimeout: '18m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

export const reportCleanup = proxyActivities<Pick<Activities, 'cleanUpReport'>>({
  // Some lists and up to fifty deletions.
  startToCloseTimeout: '10m',
  heartbeatTimeout: '9s',
  // Five attempts as in `CLEAN_UP_ATTEMPTS`.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 5 },
});

/** A run continues as new after this many looks: 11 events each, and a run should stay under 10,240. */
export const MAX_LOOKS_PER_RUN = 400;

/**
 * And after this many uploads, and creates that made nothing: 11 events each, and a create has a request of up to 180 kB,
 * so 18 MB of the 50 MB at which the server ends a run. It suggests a new one after 4 MB, unless it is set up otherwise.
 */
export const MAX_SENDS_PER_RUN = 100;

/** The wait before create number `attempt` + 1 when the last one was refused and upstream named no time. */
export function createBackoffSeconds(attempts: number): number {
  return Math.min(60, 2 ** Math.max(0, attempts - 1));
}

/** With `onAmbiguousCreate: retry`: creates that may have been accepted, in all. */
export const MAX_POSSIBLE_CREATES = 2;
