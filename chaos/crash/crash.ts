/** kill -9 of this process, by itself, at a named moment. */
import { writeSync } from 'node:fs';
import { CRASH_POINTS, type CrashPoint } from './points';

/** What is asked of a process by `CRASH_AT`, `CRASH_NTH` and `CRASH_AFTER_MS`. */
export interface CrashPlan {
  at: CrashPoint;
  /** Which time that the point is reached, from 1. */
  nth: number;
  /** From then on. */
  afterMs: number;
}

export const crashSettings = ({ at, nth, afterMs }: CrashPlan): Record<string, string> => ({
  CRASH_AT: at,
  CRASH_NTH: String(nth),
  CRASH_AFTER_MS: String(afterMs),
});

export interface Crash {
  /** Where it will be; undefined where it was not asked for. */
  at: string | undefined;
  /** Does not return when this is the moment. */
  reached(point: CrashPoint): void;
}

function die(point: CrashPoint): void {
  writeSync(process.stderr.fd, `CRASH at ${point}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** @throws Error for a point that there is not: a run without its crash would prove nothing. */
export function crashFromEnv(): Crash {
  const { CRASH_AT: at, CRASH_NTH: nth = '1', CRASH_AFTER_MS: afterMs = '0' } = process.env;
  if (at !== undefined && !(CRASH_POINTS as readonly string[]).includes(at)) throw new Error(`No crash point: ${at}`);
  let count = 0;
  return {
    at,
    reached: (point) => {
      if (point !== at || ++count !== Number(nth)) return;
      if (Number(afterMs) === 0) return die(point);
      setTimeout(() => die(point), Number(afterMs));
    },
  };
}
