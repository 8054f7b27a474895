/** One outage under work of several kinds, all of it under way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '../../bench/scale/plan';
import type { KilledProgram } from '../../bench/scale/processes';
import { timesOf } from './crash-run';
import { failedRun, type KillRun } from './judge';
import type { OutageRow, Scene } from './outages';
import { BATCH, CANCELLED, durable, inline, STREAMED } from './rows';
import { begin, cancelWhenSeen, endsOf, type Work } from './work';

/** Of every kind one; runs last for as long as most outages, and no large answer is there before the harm is done. */
const WORKS: Record<string, Work> = {
  inline: inline(8),
  durable: durable(8),
  streamed: STREAMED,
  large: { ...durable(6), outputBytes: 150_000 },
  batch: BATCH,
  cancelled: CANCELLED,
};

/** So long after they were started the harm is done; all of them are in one step or another. */
const STRIKE_WITHIN_MS = 4_000;

async function outage(row: OutageRow, scene: Scene, draw: () => number) {
  const [from, to] = row.seconds;
  await sleep(STRIKE_WITHIN_MS * draw());
  const struckMs = Date.now();
  await row.strike(scene);
  await sleep(1000 * (from + (to - from) * draw()));
  await row.heal(scene);
  return { struckMs, healedMs: Date.now() };
}

/** Takes its part away under six pieces of work, and gives it back; each of them is a run. */
export async function outageRun(row: OutageRow, scene: Scene, seed: number, name: string): Promise<KillRun[]> {
  const { place } = scene;
  const works = Object.entries(WORKS).map(([kind, work]) => ({ id: `${name}-${seed}-${kind}`, work }));
  await Promise.all(works.map(({ id, work }) => begin(place, id, work, name)));
  await Promise.all(works.filter(({ work }) => work.isCancelled).map(({ id }) => cancelWhenSeen(place, id)));
  const { struckMs, healedMs } = await outage(row, scene, random(seed));
  const run = async (id: string, work: Work): Promise<KillRun> => {
    const ends = await endsOf(place, id, work);
    const { recoverySeconds } = await timesOf(place, id, work, { struckMs: healedMs, readyMs: healedMs });
    const outageSeconds = recoverySeconds === null ? null : recoverySeconds + (healedMs - struckMs) / 1000;
    const times = { recoverySeconds, outageSeconds };
    return { row: row.name, noticedBy: '', id, expected: work, isAmbiguous: true, ends, ...times, problems: [] };
  };
  const failed = (id: string, work: Work, error: unknown) => failedRun(row.name, id, work, error);
  const runs = await Promise.all(
    works.map(({ id, work }) => run(id, work).catch((error: unknown) => failed(id, work, error))),
  );
  // What had ended before the harm was done was not harmed.
  if (runs.every(({ recoverySeconds }) => recoverySeconds === null)) runs[0]?.problems.push('nothing was under way');
  return runs;
}

export const workerOf = (place: Scene['place'], taskQueue: string): KilledProgram =>
  place.newWorker({ env: { DURABLE_RESPONSES_TASK_QUEUE: taskQueue } });
