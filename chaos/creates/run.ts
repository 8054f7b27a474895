/** Waves of creates, each cut off by a kill -9; the worker that makes one wave good is killed in the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '../../bench/scale/plan';
import type { KilledProgram } from '../../bench/scale/processes';
import type { Ledger } from '../../emulator';
import { until } from '../../src/embedded/processes';
import { workerEnv, type CrashBuild } from '../kills/crash-run';
import { begin, endsOf, type End, type Work } from '../kills/work';
import type { Place } from '../place';
import { lostReplies, RULES_A_WAVE, secondsOf, taskIdOf, WAVE } from './plan';

/** A worker that is slow to begin is not killed before it has sent everything. */
const SENT_MS = 45_000;
/** After the last of a wave is sent. */
const KILL_WITHIN_MS = 500;
/** Runs are over by then, and webhooks were tried again. */
const SETTLED_MS = 90_000;

export interface Waves {
  ends: End[];
  /** Tasks whose create had been sent, and not been answered, when their worker was killed. */
  killed: number;
  kills: number;
}

const workOf = (i: number): Work => ({
  options: { pollIntervalsSeconds: [1] },
  seconds: secondsOf(i),
  endsAs: 'completed',
});

/** Creates of a wave that have come; the ledger has a call when it is answered, and these are not. */
async function sentOf({ fromEmulator }: Place, number: number): Promise<number> {
  const { fired } = await fromEmulator<{ fired: number[] }>('faults');
  const own = fired.slice(RULES_A_WAVE * number, RULES_A_WAVE * (number + 1));
  return own.reduce((sum, times) => sum + times, 0);
}

async function wave(place: Place, number: number, taskQueue: string, worker: KilledProgram): Promise<Waves> {
  const ids = Array.from({ length: WAVE }, (_, i) => taskIdOf(number, i));
  await Promise.all(ids.map((id, i) => begin(place, id, workOf(i), taskQueue)));
  await until(async () => (await sentOf(place, number)) === WAVE, SENT_MS);
  const killed = await sentOf(place, number);
  await sleep(KILL_WITHIN_MS * random(number)());
  await worker.kill();
  await worker.start();
  const ends = await Promise.all(ids.map((id, i) => endsOf(place, id, workOf(i))));
  return { ends: ends.flat(), killed, kills: 1 };
}

/** Nothing runs upstream any more, and every webhook was sent. */
async function settled({ fromEmulator }: Place): Promise<boolean> {
  const statuses = Object.values(await fromEmulator<Record<string, string>>('responses'));
  const { webhooks } = await fromEmulator<Ledger>('ledger');
  const isQuiet = webhooks.every(({ outcome }) => outcome !== 'pending');
  return isQuiet && statuses.every((status) => !['queued', 'in_progress'].includes(status));
}

/** @param waves How many; lanes run beside each other, each with a worker. */
export async function runWaves(place: Place, build: CrashBuild, waves: number, lanes: number): Promise<Waves> {
  const all: Waves = { ends: [], killed: 0, kills: 0 };
  await place.toEmulator('faults', lostReplies(waves));
  let next = 0;
  const lane = async (number: number) => {
    const taskQueue = `lane-${number}`;
    const worker = place.newWorker({ file: 'chaos/crash/worker.js', env: workerEnv(build, taskQueue) });
    await worker.start();
    for (let i = next++; i < waves; i = next++) {
      const one = await wave(place, i, taskQueue, worker);
      all.ends.push(...one.ends);
      all.killed += one.killed;
      all.kills += one.kills;
      console.error(`wave ${i}: ${one.killed} creates under way at the kill`);
    }
    await worker.kill();
  };
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(i)));
  await until(() => settled(place), SETTLED_MS);
  return all;
}
