/** Kills on the way, at moments that a seed chooses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../src/embedded/processes';
import type { Span } from './in-flight';
import type { Place } from './place';
import { random, type ScalePlan } from './plan';

/** Lost activities are noticed by their heartbeats, and what they held is made good after that. */
const AFTERMATH_MS = 20_000;
const SERVER_BACK_MS = 60_000;

export interface Kills {
  worker: number;
  server: number;
  /** In which nothing could work. */
  outages: Span[];
}

async function killServer({ serverPid }: Place): Promise<void> {
  const pid = await serverPid();
  if (pid === undefined) throw new Error('There is no server to kill.');
  process.kill(pid, 'SIGKILL');
  const isBack = async () => ![pid, undefined].includes(await serverPid());
  if (!(await until(isBack, SERVER_BACK_MS))) throw new Error('The server was not started again.');
}

async function killWorker({ worker }: Place): Promise<void> {
  await worker.kill();
  await worker.start();
}

/** Kills until the batch has ended; each kill that came too late is left out, and not counted. */
export async function killOnTheWay(place: Place, plan: ScalePlan, isOver: () => boolean): Promise<Kills> {
  const draw = random(plan.seed + 1);
  const kills: Kills = { worker: 0, server: 0, outages: [] };
  const order = [
    ...Array<'worker'>(plan.workerKills).fill('worker'),
    ...Array<'server'>(plan.serverKills).fill('server'),
  ];
  for (const what of order) {
    const atMs = Date.now() + 1000 * plan.killEverySeconds * (0.5 + draw());
    while (Date.now() < atMs && !isOver()) await sleep(Math.min(200, Math.max(1, atMs - Date.now())));
    if (isOver()) break;
    const from = Date.now();
    await (what === 'worker' ? killWorker(place) : killServer(place));
    kills[what]++;
    kills.outages.push({ from, to: Date.now() + AFTERMATH_MS });
  }
  return kills;
}
