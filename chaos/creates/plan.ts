/** A thousand creates whose worker is killed while they are under way: which becomes of each reply, and how long each run is. */
import type { FaultRule } from '../../emulator';

/** At once, on one worker; the tasks of a wave have the numbers from 0. */
export const WAVE = 25;

export const taskIdOf = (wave: number, i: number): string => `lost-${wave}-${String(i).padStart(2, '0')}`;

/** Longer than a wave needs until its kill, shorter than the deadline of a create. */
const NO_REPLY_MS = 55_000;

/**
 * By the number of the task in its wave. None of these first creates is answered before the kill: accepted at once,
 * never accepted, and accepted after the kill.
 */
const LOST_REPLIES: { numbers: string; how: FaultRule['do'] }[] = [
  { numbers: '0\\d|1[0-4]', how: { kind: 'delay', ms: NO_REPLY_MS } },
  { numbers: '1[5-9]', how: { kind: 'hang' } },
  { numbers: '2\\d', how: { kind: 'late', ms: 2_000 } },
];

export const RULES_A_WAVE = LOST_REPLIES.length;

/** Of each wave its own, so that what has fired tells how many of its creates have come. */
export const lostReplies = (waves: number): FaultRule[] =>
  Array.from({ length: waves }, (_, wave) =>
    LOST_REPLIES.map(({ numbers, how }): FaultRule => {
      return { op: 'create', task: `/^lost-${wave}-(${numbers})$/`, nth: 1, do: how };
    }),
  ).flat();

/** Of runs that end before the lost worker is noticed, and can be adopted; and of those that go on beside a second one. */
const RUN_SECONDS = { short: 3, long: 14 };

export const secondsOf = (i: number): number => (i % 5 < 3 ? RUN_SECONDS.short : RUN_SECONDS.long);
