/** A thousand creates whose worker is killed while they are under way: which becomes of each reply, and how long each run is. */
import type { FaultRule } from '../../emulator';

/** At once, on one worker; the tasks of a wave have the numbers from 0. */
export const WAVE = 25;

export const taskIdOf = (wave: number, i: number): string => `lost-${wave}-${String(i).padStart(2, '0')}`;

/** Longer than the wait for the kill. */
const NO_REPLY_MS = 20_000;

/**
 * By the number of the task in its wave. None of these first creates is answered before the kill: accepted and answered
 * late, never accepted, accepted after the kill, and accepted with its reply lost on the way, which the worker sees.
 */
export const LOST_REPLIES: FaultRule[] = [
  { op: 'create', task: '/^lost-.*-(0\\d|1[01])$/', nth: 1, do: { kind: 'delay', ms: NO_REPLY_MS } },
  { op: 'create', task: '/^lost-.*-1[2-7]$/', nth: 1, do: { kind: 'hang' } },
  { op: 'create', task: '/^lost-.*-(18|19|2[0-2])$/', nth: 1, do: { kind: 'late', ms: 2_000 } },
  { op: 'create', task: '/^lost-.*-2[34]$/', nth: 1, do: { kind: 'drop', accept: true } },
];

/** Of runs that end before the lost worker is noticed, and can be adopted; and of those that go on beside a second one. */
const RUN_SECONDS = { short: 3, long: 14 };

export const secondsOf = (i: number): number => (i % 5 < 3 ? RUN_SECONDS.short : RUN_SECONDS.long);
