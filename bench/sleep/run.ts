/** Tasks that sleep for long: what each costs in memory and on the disk, and how soon it is awake. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { startTaskWorkflow } from '../../src/client/start';
import type { TaskOptions } from '../../src/contracts';
import { startServers, startWorker, type Servers, type WorkerProcess } from '../servers';
import { delays, duesOfTimers } from './delays';

export const SLEEPERS = ['timer', 'webhook'] as const;
/** In a durable timer until the next look, or until a webhook comes. */
export type Sleeper = (typeof SLEEPERS)[number];

export interface SleepPlan {
  /** Half of them in timers, half waiting for webhooks. */
  tasks: number;
  cachedWorkflows: number;
}

export interface SleepFigures {
  /** Of the worker with all tasks asleep, and without any. */
  workerMegabytes: number;
  idleMegabytes: number;
  /** Of each task of a kind: what its half has added. */
  workerKilobytes: Record<Sleeper, number>;
  databaseBytes: Record<Sleeper, number>;
  startsPerSecond: number;
  /** From the moment at which a timer is due, or a signal is sent, to the look at the emulator. */
  delaySeconds: Record<Sleeper, number[]>;
}

/** Starts under way at once. */
const AT_ONCE = 50;
/** Woken of each kind, spread over some seconds: alone each would find an idle machine, together they would queue. */
const SAMPLE = 200;
const SPREAD_SECONDS = 20;
/** Garbage is collected, and what was written is in the files. */
const SETTLE_MS = 12_000;
/** Longer than any of this takes. */
const LONG_SECONDS = 20_000;
/** They end at once: a worker that has done nothing yet has not the memory of one that is at work. */
const WARM_UP = 200;

const idOf = (kind: Sleeper, i: number): string => `${kind}-${i}`;

interface Bed {
  servers: Servers;
  worker: WorkerProcess;
  plan: SleepPlan;
}

const half = ({ tasks }: SleepPlan): number => Math.floor(tasks / 2);

/** Numbers of the tasks to be woken, spread evenly over all: the first ones may have fallen out of the cache. */
function sampleOf(plan: SleepPlan): number[] {
  const count = Math.min(SAMPLE, half(plan));
  return Array.from({ length: count }, (_, k) => Math.floor((k * half(plan)) / count));
}

/** Of the task with this number, at the moment of its start. */
type OptionsOf = (i: number) => TaskOptions;

const ALWAYS = { maxWaitSeconds: 2 * LONG_SECONDS };
const waiting: OptionsOf = () => ({ ...ALWAYS, watch: 'webhook', safetyNetSeconds: [LONG_SECONDS] });

/** The timers of the sample are due one after the other from `dueMs` on: all tasks must be asleep by then. */
function sleepingUntil(dueMs: number, plan: SleepPlan): OptionsOf {
  const places = new Map(sampleOf(plan).map((i, place) => [i, place]));
  return (i) => {
    const place = places.get(i);
    if (place === undefined) return { ...ALWAYS, pollIntervalsSeconds: [LONG_SECONDS] };
    const due = (dueMs - Date.now()) / 1000 + (SPREAD_SECONDS * place) / SAMPLE;
    // At least so long that it is a durable timer, should the machine be slow.
    return { ...ALWAYS, pollIntervalsSeconds: [Math.max(10, due), LONG_SECONDS] };
  };
}

async function startAll(bed: Bed, kind: Sleeper, optionsOf: OptionsOf): Promise<void> {
  const { client } = bed.servers;
  const context = { client, taskQueue: 'bench-ours', searchAttributes: true };
  const metadata = { emulator_queued_seconds: '0.1', emulator_run_seconds: String(2 * LONG_SECONDS) };
  let next = 0;
  const turn = async () => {
    for (let i = next++; i < half(bed.plan); i = next++) {
      const request = { model: 'o3', input: `Prompt ${i}.`, metadata };
      await startTaskWorkflow(context, idOf(kind, i), { request, options: optionsOf(i) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
}

async function warmUp({ client }: Servers): Promise<void> {
  const context = { client, taskQueue: 'bench-ours', searchAttributes: true };
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
  const ids = Array.from({ length: WARM_UP }, (_, i) => `warm-${i}`);
  await Promise.all(
    ids.map(async (id) => {
      await startTaskWorkflow(context, id, { request: { model: 'o3', input: 'Warm up.', metadata } });
      await client.workflow.getHandle(id).result();
    }),
  );
}

/**
 * Waits until as many are asleep, those of the warm-up aside. Gives the moment of the last create.
 * @throws Error when no more are created.
 */
async function untilCreated({ servers }: Bed, count: number): Promise<number> {
  for (let before = -1; ;) {
    const { creates } = await servers.ledger();
    const length = creates.length - WARM_UP;
    if (length >= count) return creates.at(-1)?.at ?? NaN;
    if (length === before) throw new Error(`Only ${length} of ${count} responses are created.`);
    before = length;
    await sleep(5_000);
  }
}

function megabytesOf({ pid }: WorkerProcess): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? NaN) / 1024;
}

interface Use {
  megabytes: number;
  databaseBytes: number;
}

async function useOf({ servers, worker }: Bed): Promise<Use> {
  await sleep(SETTLE_MS);
  return { megabytes: megabytesOf(worker), databaseBytes: servers.databaseBytes() };
}

/** Puts all to sleep: those that wait for webhooks first, as they tell how long the others will take. */
async function putToSleep(bed: Bed) {
  const idle = await useOf(bed);
  const beganMs = Date.now();
  await startAll(bed, 'webhook', waiting);
  const tookMs = (await untilCreated(bed, half(bed.plan))) - beganMs;
  const webhooks = await useOf(bed);
  const dueMs = Date.now() + 1.5 * tookMs + 2 * SETTLE_MS;
  await startAll(bed, 'timer', sleepingUntil(dueMs, bed.plan));
  await untilCreated(bed, 2 * half(bed.plan));
  const both = await useOf(bed);
  const each = (key: keyof Use, factor: number): Record<Sleeper, number> => ({
    webhook: (factor * (webhooks[key] - idle[key])) / half(bed.plan),
    timer: (factor * (both[key] - webhooks[key])) / half(bed.plan),
  });
  return {
    startsPerSecond: (1000 * half(bed.plan)) / tookMs,
    idleMegabytes: idle.megabytes,
    workerMegabytes: both.megabytes,
    workerKilobytes: each('megabytes', 1024),
    databaseBytes: each('databaseBytes', 1),
  };
}

async function wakeUp(bed: Bed): Promise<SleepFigures['delaySeconds']> {
  const { client } = bed.servers;
  const sample = sampleOf(bed.plan);
  const timers = sample.map((i) => idOf('timer', i));
  const dueMs = await duesOfTimers(client, timers);
  // Too slow a start: what waited then waited behind creates.
  const isLate = Date.now() > Math.min(...dueMs.values());
  await sleep(Math.max(0, Math.max(...dueMs.values()) - Date.now()) + 5_000);
  const sentMs = new Map<string, number>();
  for (const i of sample) {
    const id = idOf('webhook', i);
    sentMs.set(id, Date.now());
    await client.workflow.getHandle(id).signal('lookNow');
    await sleep((1000 * SPREAD_SECONDS) / SAMPLE);
  }
  await sleep(10_000);
  const ledger: Ledger = await bed.servers.ledger();
  return { timer: isLate ? [] : delays(dueMs, ledger), webhook: delays(sentMs, ledger) };
}

/** On fresh servers. */
export async function measureSleep(plan: SleepPlan): Promise<SleepFigures> {
  const servers = await startServers();
  const worker = await startWorker('ours', servers, plan.cachedWorkflows);
  try {
    await warmUp(servers);
    const bed: Bed = { servers, worker, plan };
    return { ...(await putToSleep(bed)), delaySeconds: await wakeUp(bed) };
  } finally {
    await worker.stop();
    await servers.close();
  }
}
