/** A batch of thousands over the emulator, with the worker and the server killed on the way. */
import { Client, Connection } from '@temporalio/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { startBatch } from '../../src/client/batch';
import { readRecorded } from '../../src/client/read';
import { batchReader } from '../../src/client/records';
import { loadConfig } from '../../src/config';
import type { BatchRecord, BatchResult } from '../../src/contracts';
import { parseBatchLines } from '../../src/door';
import { holdEmbedded, readEmbedded } from '../../src/embedded';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import { folderStore, type BlobStore } from '../../src/store';
import { checkMoney, checkRecords, type Money } from './check';
import { windowOf, type WindowFigures } from './in-flight';
import { planLines, random, type PlannedLine, type ScalePlan } from './plan';
import { KilledWorker } from './processes';

export interface ScaleFigures {
  lines: number;
  problems: string[];
  counts: BatchResult['counts'];
  money: Money;
  leftRunning: number;
  window: WindowFigures;
  wallSeconds: number;
  tasksPerSecond: number;
  workerPeakMegabytes: number;
  largestEvents: number;
  largestBytes: number;
}

interface Place {
  client: Client;
  store: BlobStore;
  emulatorUrl: string;
  /** The process of the Temporal server now. */
  serverPid(): Promise<number | undefined>;
  worker: KilledWorker;
}

async function withPlace<T>(body: (place: Place) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'durable-responses-scale-'));
  const config = { ...loadConfig(), dataDir, storeDir: join(dataDir, 'store') };
  const hold = await holdEmbedded(config, { temporal: true, emulator: true });
  const { temporalAddress: address = '', emulatorUrl = '' } = hold;
  const connection = await Connection.connect({ address });
  const worker = new KilledWorker({ address, emulatorUrl, storeDir: config.storeDir });
  const serverPid = async () => (await readEmbedded(config))?.temporalPid;
  try {
    return await body({
      client: new Client({ connection }),
      store: folderStore(config.storeDir),
      emulatorUrl,
      serverPid,
      worker,
    });
  } finally {
    await worker.stop();
    await connection.close();
    await hold.release();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Kills on schedule until the batch has ended; gives the spans in which nothing could work. */
async function killOnTheWay(place: Place, plan: ScalePlan, isOver: () => boolean) {
  const draw = random(plan.seed + 1);
  const outages: { from: number; to: number }[] = [];
  const kills = [
    ...Array<'worker'>(plan.workerKills).fill('worker'),
    ...Array<'server'>(plan.serverKills).fill('server'),
  ];
  for (const what of kills) {
    await sleep(1000 * plan.killEverySeconds * (0.5 + draw()));
    if (isOver()) break;
    const from = Date.now();
    if (what === 'worker') {
      await place.worker.kill();
      await place.worker.start();
    } else {
      const pid = await place.serverPid();
      if (pid) process.kill(pid, 'SIGKILL');
    }
    // Lost activities are noticed by their heartbeats, and what they held is made good after that.
    outages.push({ from, to: Date.now() + 40_000 });
  }
  return outages;
}

/** The end of a batch, through restarts of the server. */
async function resultOf({ client }: Place, id: string): Promise<BatchResult> {
  for (;;) {
    try {
      return (await client.workflow.getHandle(id).result()) as BatchResult;
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowFailedError') throw error;
      await sleep(1_000);
    }
  }
}

async function largestHistory({ client }: Place, id: string): Promise<{ events: number; bytes: number }> {
  const largest = { events: 0, bytes: 0 };
  for await (const run of client.workflow.list({ query: `BatchId = '${id}'`, pageSize: 1000 })) {
    largest.events = Math.max(largest.events, run.historyLength);
    largest.bytes = Math.max(largest.bytes, run.historySize ?? 0);
  }
  return largest;
}

async function recordsOf({ client, store }: Place, id: string): Promise<BatchRecord[]> {
  const noUpstream = () => Promise.reject(new Error('Every answer is in the store.'));
  const records: BatchRecord[] = [];
  for await (const record of batchReader(store, noUpstream, await readRecorded(client, id)).records())
    records.push(record);
  return records;
}

const fromEmulator = async <T>({ emulatorUrl }: Place, page: string): Promise<T> =>
  (await (await fetch(emulatorUrl.replace('/v1', `/emulator/${page}`))).json()) as T;

async function judge(
  place: Place,
  plan: ScalePlan,
  lines: PlannedLine[],
  id: string,
  outages: { from: number; to: number }[],
) {
  const records = await recordsOf(place, id);
  const ledger = await fromEmulator<Ledger>(place, 'ledger');
  const statuses = Object.values(await fromEmulator<Record<string, string>>(place, 'responses'));
  const { events, bytes } = await largestHistory(place, id);
  return {
    problems: checkRecords(records, lines),
    money: checkMoney(records, ledger),
    leftRunning: statuses.filter((status) => ['queued', 'in_progress'].includes(status)).length,
    window: windowOf(ledger, plan.concurrency, outages),
    largestEvents: events,
    largestBytes: bytes,
  };
}

/** Runs the plan and judges it. Says how it goes through `say`. */
export function runScale(plan: ScalePlan, say: (text: string) => void = () => undefined): Promise<ScaleFigures> {
  return withPlace(async (place) => {
    const lines = planLines(plan);
    const { items } = parseBatchLines(lines.map(({ text }) => text).join('\n'));
    await place.worker.start();
    const context = { client: place.client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true, store: place.store };
    const id = 'batch-scale';
    const { concurrency, pollIntervalsSeconds } = plan;
    const startMs = Date.now();
    await startBatch(
      context,
      { items, concurrency, options: { pollIntervalsSeconds } },
      { ...plan, id, random: 'scale' },
    );
    let isOver = false;
    const killing = killOnTheWay(place, plan, () => isOver);
    const result = await resultOf(place, id);
    isOver = true;
    const wallSeconds = (Date.now() - startMs) / 1000;
    say(`ended after ${wallSeconds.toFixed(1)} s: ${JSON.stringify(result.counts)}`);
    return {
      lines: lines.length,
      counts: result.counts,
      wallSeconds,
      tasksPerSecond: plan.tasks / wallSeconds,
      workerPeakMegabytes: place.worker.peakMegabytes,
      ...(await judge(place, plan, lines, id, await killing)),
    };
  });
}
