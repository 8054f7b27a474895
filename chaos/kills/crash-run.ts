/** One run of one crash point: a worker that dies there, and another one that goes on. */
import { random } from '../../bench/scale/plan';
import { crashSettings, type CrashPlan } from '../crash/crash';
import type { Place } from '../place';
import type { KillRun } from './judge';
import { noticedBy, type CrashRow } from './rows';
import { begin, cancelWhenSeen, endsOf, nextStepMs, type Work } from './work';

/** Points come within seconds; a machine that is busy may start workers slowly. */
const CRASH_MS = 60_000;

export interface CrashBuild {
  /** Of workflow code, with its crash points. */
  bundlePath: string;
  /** The name of a way in which the build is broken on purpose. */
  broken?: string;
}

function planOf({ at, nth = [1, 1], afterMs = [0, 0] }: CrashRow, seed: number): CrashPlan {
  const draw = random(seed);
  const between = ([from, to]: readonly [number, number]) => from + Math.floor(draw() * (to - from + 1));
  return { at, nth: between(nth), afterMs: between(afterMs) };
}

export const workerEnv = ({ bundlePath, broken }: CrashBuild, taskQueue: string): Record<string, string> => ({
  CRASH_BUNDLE: bundlePath,
  DURABLE_RESPONSES_TASK_QUEUE: taskQueue,
  ...(broken === undefined ? {} : { CHAOS_BROKEN: broken }),
});

/** A run that its crash did not come to proves nothing. */
export const crashProblems = (how: NodeJS.Signals | number | null): string[] =>
  how === 'SIGKILL' ? [] : [`the crash never happened (${how ?? 'the process runs on'})`];

const secondsFrom = (fromMs: number, stepMs: number | null): number | null =>
  stepMs === null ? null : Math.max(0, stepMs - fromMs) / 1000;

/** From the harm, and from the moment at which work was possible again. */
export async function timesOf(place: Place, id: string, work: Work, at: { struckMs: number; readyMs: number }) {
  const stepMs = await nextStepMs(place, id, work, at.struckMs);
  return { recoverySeconds: secondsFrom(at.readyMs, stepMs), outageSeconds: secondsFrom(at.struckMs, stepMs) };
}

/** Runs the work until the worker has died of its point, and with another one to the end. */
export async function crashRun(
  place: Place,
  build: CrashBuild,
  row: CrashRow,
  { seed, id }: { seed: number; id: string },
): Promise<KillRun> {
  const { name, work, isAmbiguous = false } = row;
  const file = 'chaos/crash/worker.js';
  const doomed = place.newWorker({ file, env: { ...workerEnv(build, id), ...crashSettings(planOf(row, seed)) } });
  await doomed.start();
  await begin(place, id, work, id);
  if (work.isCancelled) await cancelWhenSeen(place, id);
  const ending = endsOf(place, id, work);
  // Its failure is thrown below; until then it must not end this process.
  ending.catch(() => undefined);
  const how = await Promise.race([doomed.ended(CRASH_MS), ending.then(() => null)]);
  const struckMs = Date.now();
  await doomed.kill();
  const next = place.newWorker({ file, env: workerEnv(build, id) });
  await next.start();
  const readyMs = Date.now();
  try {
    const ends = await ending;
    const times = await timesOf(place, id, work, { struckMs, readyMs });
    const problems = crashProblems(how);
    return { row: name, noticedBy: noticedBy(row), id, expected: work, isAmbiguous, ends, ...times, problems };
  } finally {
    await next.kill();
  }
}
