/** A batch of thousands over the emulator, with the worker and the server killed on the way. */
import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { startBatch } from '../../src/client/batch';
import { readRecorded } from '../../src/client/read-batch';
import { batchReader } from '../../src/client/records';
import type { BatchRecord, BatchResult } from '../../src/contracts';
import { parseBatchLines } from '../../src/door';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import { jsonLines } from '../../src/results/jsonl';
import { writeWhole } from '../../src/results/write';
import { batchFolder } from '../../src/store';
import { readManifest } from '../../src/store/batch-records';
import { checkMoney, leftRunning, type Money } from '../../chaos/checks/money';
import { checkRecords } from './check';
import { historiesOf, type Histories } from './histories';
import { spansHeld, spansUpstream, windowOf, type WindowFigures } from './in-flight';
import { killOnTheWay, type Kills } from './kills';
import { withPlace, type Place } from './place';
import { planLines, type PlannedLine, type ScalePlan } from './plan';
import type { Usage } from './usage';
import { withReceiver } from '../watch/receiver';

const BATCH_ID = 'batch-scale';

/** Nothing is asked of upstream for so long: the batch will never end. */
const STALLED_MS = 300_000;

export interface ScaleFigures {
  lines: number;
  problems: string[];
  counts: BatchResult['counts'];
  money: Money;
  leftRunning: string[];
  kills: Kills;
  /** Responses that ran upstream, outside of the outages. */
  upstream: WindowFigures;
  /** Slots of the window that had a response, outages included. */
  held: WindowFigures;
  wallSeconds: number;
  tasksPerSecond: number;
  looks: number;
  usage: Record<keyof Place['meters'], Usage>;
  histories: Histories;
  /** Runs of workflows that there must be. */
  runs: number;
}

/** The end of a batch, through restarts of the server. @throws Error when nothing happens any more. */
async function resultOf({ client, journalBytes }: Place): Promise<BatchResult> {
  let last = { bytes: -1, atMs: Date.now() };
  for (;;) {
    const wait = AbortSignal.timeout(10_000);
    // The client library listens to it anew with each of its long polls and takes none of that back; some end early.
    setMaxListeners(0, wait);
    try {
      const ask = () => client.workflow.getHandle(BATCH_ID).result();
      return (await client.connection.withAbortSignal(wait, ask)) as BatchResult;
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowFailedError') throw error;
    }
    if (journalBytes() !== last.bytes) last = { bytes: journalBytes(), atMs: Date.now() };
    else if (Date.now() - last.atMs > STALLED_MS) throw new Error('The batch stands still.', { cause: last });
    await sleep(500);
  }
}

/** As people get them: written to a file of JSON lines, and read from it. */
async function recordsOf({ client, store, folder }: Place): Promise<BatchRecord[]> {
  const noUpstream = () => Promise.reject(new Error('Every answer is in the store.'));
  const reader = batchReader(store, noUpstream, await readRecorded(client, BATCH_ID));
  const path = join(folder, 'results.jsonl');
  await writeWhole(path, jsonLines(reader.records()));
  const records: BatchRecord[] = [];
  for await (const line of createInterface({ input: createReadStream(path) }))
    records.push(JSON.parse(line) as BatchRecord);
  return records;
}

async function judge(place: Place, plan: ScalePlan, lines: PlannedLine[], pages: number, kills: Kills) {
  const records = await recordsOf(place);
  const ledger = await place.fromEmulator<Ledger>('ledger');
  const money = checkMoney(records, ledger);
  const upstream = spansUpstream(ledger, money.own);
  const runs = 1 + pages + lines.filter(({ fate }) => fate !== 'bad').length;
  return {
    problems: checkRecords(records, lines),
    money,
    leftRunning: leftRunning(await place.fromEmulator<Record<string, string>>('responses'), money),
    upstream: windowOf([...upstream.values()], plan.concurrency, kills.outages),
    held: windowOf(spansHeld(ledger, upstream), plan.concurrency),
    looks: ledger.calls.filter(({ op }) => op === 'retrieve').length,
    runs,
    histories: await historiesOf(place.client, BATCH_ID, runs),
  };
}

/** Gives the number of pages. */
async function start({ client, store }: Place, plan: ScalePlan, lines: PlannedLine[]): Promise<number> {
  const { items, problems } = parseBatchLines(lines.map(({ text }) => text).join('\n'));
  if (problems.length !== plan.badLines) throw new Error(`${problems.length} bad lines, not ${plan.badLines}.`);
  const { concurrency, itemsPerPage, pollIntervalsSeconds, watch } = plan;
  const context = { client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true, store };
  const batch = { items, concurrency, options: { pollIntervalsSeconds, watch } };
  await startBatch(context, batch, { id: BATCH_ID, random: 'scale', itemsPerPage });
  return (await readManifest(store, batchFolder('default', BATCH_ID, 'scale'))).pages.length;
}

async function usageOf({ meters }: Place): Promise<ScaleFigures['usage']> {
  const [worker, server, emulator] = await Promise.all([
    meters.worker.stop(),
    meters.server.stop(),
    meters.emulator.stop(),
  ]);
  return { worker, server, emulator };
}

async function runIn(place: Place, plan: ScalePlan, say: (text: string) => void): Promise<ScaleFigures> {
  const lines = planLines(plan);
  await place.worker.start();
  const startMs = Date.now();
  const pages = await start(place, plan, lines);
  let isOver = false;
  const killing = killOnTheWay(place, plan, () => isOver);
  // Its failure is thrown below; until then it must not end this process.
  killing.catch(() => undefined);
  const result = await Promise.race([resultOf(place), killing.then(() => resultOf(place))]);
  isOver = true;
  const wallSeconds = (Date.now() - startMs) / 1000;
  const usage = await usageOf(place);
  say(`ended after ${wallSeconds.toFixed(1)} s: ${JSON.stringify(result.counts)}`);
  const { counts } = result;
  const judged = await judge(place, plan, lines, pages, await killing);
  return {
    lines: lines.length,
    counts,
    wallSeconds,
    tasksPerSecond: plan.tasks / wallSeconds,
    usage,
    ...judged,
    kills: await killing,
  };
}

/** Runs the plan and judges it. Says how it goes through `say`. */
export function runScale(plan: ScalePlan, say: (text: string) => void = () => undefined): Promise<ScaleFigures> {
  const run = (place: Place) => runIn(place, plan, say);
  const isTold = plan.watch === 'webhook';
  // Every id begins with that of the batch.
  const body = (place: Place) => (isTold ? withReceiver(place, ['batch'], () => run(place)) : run(place));
  return withPlace(plan.timeScale, body, { DURABLE_RESPONSES_MAX_STREAMS: String(plan.concurrency) });
}
