/** Everything that was promised, looked at after a soak. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../emulator';
import type { BatchRecord, DurableResponses, ReportResult, TaskResult } from '../../src/client';
import { BATCH_WORKFLOW, REPORT_WORKFLOW, TASK_WORKFLOW } from '../../src/names';
import { WORKFLOW_BUNDLE } from '../../src/worker';
import { checkAnswers } from '../checks/answers';
import { addHits, checkCanaries, hitsIn, hitsInFile, type Hits } from '../checks/canaries';
import { checkEnds, checkLiveness } from '../checks/ends';
import { broken, type Broken, type TaskEnd } from '../checks/evidence';
import { checkGaps, type Schedule } from '../checks/gaps';
import { checkSizes, checkTaskSize } from '../checks/histories';
import { checkCreates, checkMoney, type Money } from '../checks/money';
import { checkBatch } from '../checks/records';
import { checkReplay } from '../checks/replay';
import { checkLeftovers, checkRunning, type Live } from '../checks/running';
import { checkWork } from '../checks/work';
import type { Place } from '../place';
import { answerPairs } from './answers';
import type { Driven } from './drive';
import { gather, type Found, type Gathered } from './gather';
import type { SoakPlan } from './plan';
import { CANARIES } from './secrets';

export interface Soaked {
  place: Place;
  session: DurableResponses;
  plan: SoakPlan;
  driven: Driven;
  /** How often each kind of fault was met. */
  fired: Record<string, number>;
  /** From the last fault until nothing was open any more, or until nobody waited longer. */
  settledSeconds: number;
}

export interface Verdict {
  broken: Broken[];
  /** Of tasks, items of batches and runs of reports. */
  ends: TaskEnd[];
  reports: TaskEnd[];
  money: Money;
  /** Orphans that were named, and that still run: nobody knows their ids. */
  orphansRunning: number;
  replayed: number;
  events: number;
  fired: Record<string, number>;
}

const endOf = ({ workflowId, execution, result }: Found): TaskEnd => ({
  taskId: workflowId,
  execution,
  result: result as TaskResult | null,
});

const reportEnd = (found: Found): TaskEnd => {
  const result = found.result as ReportResult | null;
  return { ...endOf(found), result: result && { ...result, retries: [] } };
};

const ofType = (found: readonly Found[], type: string): Found[] => found.filter((one) => one.type === type);

const resultsOf = (ends: readonly TaskEnd[]): TaskResult[] =>
  ends.flatMap(({ result }) => (result ? [result as TaskResult] : []));

/** The looks of these are nobody's but their own. */
function schedulesOf({ tasks, batches }: SoakPlan): Schedule[] {
  const alone = tasks.filter(({ watch, acts }) => {
    return watch === 'poll' && !acts.some(({ act }) => act === 'look now' || act === 'change');
  });
  const ofTasks = alone.map(({ taskId, input }) => ({
    taskId,
    leastSeconds: Math.min(...(input.options?.pollIntervalsSeconds ?? [1])),
  }));
  const items = batches.flatMap(({ batchId, records }) => records.map(({ id }) => `${batchId}/${id}`));
  return [...ofTasks, ...items.map((taskId) => ({ taskId, leastSeconds: 1 }))];
}

/** Those that nobody cancels and upstream does not refuse. */
function meantForUpstream({ tasks, batches }: SoakPlan): string[] {
  const isMeant = ({ mayEndAs }: { mayEndAs: readonly string[] }) =>
    !mayEndAs.includes('rejected') && !mayEndAs.includes('cancelled');
  return [
    ...tasks.filter(isMeant).map(({ taskId }) => taskId),
    ...batches.flatMap(({ batchId, records }) => records.filter(isMeant).map(({ id }) => `${batchId}/${id}`)),
  ];
}

async function brokenBatches({ session, plan, driven }: Soaked, found: readonly Found[]): Promise<Broken[]> {
  const closed = new Map(ofType(found, BATCH_WORKFLOW).map((one) => [one.workflowId, one.execution]));
  const accepted = plan.batches.filter(({ batchId }) => driven.accepted.has(batchId));
  const all = accepted.map(async ({ batchId, records: lines }) => {
    const execution = closed.get(batchId) ?? 'MISSING';
    if (execution === 'RUNNING') return [];
    if (execution !== 'COMPLETED') return [broken('I9', `${batchId}: its workflow closed as ${execution}`)];
    const records: BatchRecord[] = [];
    for await (const record of (await session.batchReader(batchId)).records()) records.push(record);
    return checkBatch(batchId, records, lines);
  });
  return (await Promise.all(all)).flat();
}

/** Logs of all processes, and the files of the server: nothing may be in them. */
async function hitsInPlaces({ logs, dataDir }: Place): Promise<Record<string, Hits>> {
  const places: Record<string, Hits> = { "the server's database": hitsIn('', CANARIES) };
  for (const name of readdirSync(dataDir))
    addHits(places["the server's database"]!, await hitsInFile(join(dataDir, name), CANARIES));
  for (const name of readdirSync(logs)) places[`log of ${name}`] = await hitsInFile(join(logs, name), CANARIES);
  return places;
}

async function brokenCanaries({ place }: Soaked, gathered: Gathered, ledger: Ledger): Promise<Broken[]> {
  const sent = hitsIn(JSON.stringify(ledger.creates), CANARIES);
  // It is in a header, which the ledger does not keep: that calls were let in shows that it was sent.
  sent['API key'] = ledger.calls.filter(({ status }) => status === 200).length;
  const hits = { ...gathered.hits, ...(await hitsInPlaces(place)) };
  return checkCanaries({ hits, meant: { 'decrypted histories': ['prompt'] }, sent });
}

async function gathered(soaked: Soaked): Promise<Gathered & { replayed: number; broken: Broken[] }> {
  const none = () => hitsIn('', CANARIES);
  const into: Gathered = { found: [], hits: { histories: none(), 'decrypted histories': none() } };
  const { temporal } = soaked.session;
  const histories = gather(temporal, CANARIES, into);
  const { dataConverter } = temporal.options;
  const options = { dataConverter, workflowBundle: { codePath: WORKFLOW_BUNDLE } };
  const { histories: replayed, broken: found } = await checkReplay(histories, options);
  return { ...into, replayed, broken: found };
}

function brokenSizes(found: readonly Found[]): Broken[] {
  const tasks = ofType(found, TASK_WORKFLOW).filter(({ result }) => result !== null);
  return [
    ...checkSizes(found.map(({ size }) => size)),
    ...tasks.flatMap(({ size, result }) => checkTaskSize(size, result as TaskResult)),
  ];
}

const acceptedOf = <T>(planned: readonly T[], idOf: (one: T) => string, { accepted }: Driven) =>
  planned.filter((one) => accepted.has(idOf(one)));

/** Judges by upstream and by the server, never by what the product says of itself. */
export async function judge(soaked: Soaked): Promise<Verdict> {
  const { place, session, plan, driven, settledSeconds } = soaked;
  const history = await gathered(soaked);
  const { found } = history;
  const ledger = await place.fromEmulator<Ledger>('ledger');
  const statuses = await place.fromEmulator<Record<string, string>>('responses');
  const ends = ofType(found, TASK_WORKFLOW).map(endOf);
  const reports = ofType(found, REPORT_WORKFLOW).map(reportEnd);
  const results = resultsOf(ends);
  const fired = { ...soaked.fired, ...driven.struck };
  const upstream = { emulatorUrl: place.emulatorUrl, key: CANARIES['API key'] };
  const named = [...ends, ...reports].flatMap(({ result }) => result?.notCleaned ?? []);
  const money = checkMoney(results, ledger);
  const reportsPlanned = acceptedOf(plan.reports, ({ reportId }) => reportId, driven);
  const all = [
    ...driven.problems.map((what) => broken('work', what)),
    ...checkEnds(
      acceptedOf(plan.tasks, ({ taskId }) => taskId, driven),
      ends,
      statuses,
    ),
    ...checkEnds(
      reportsPlanned.map(({ reportId: taskId, mayEndAs }) => ({ taskId, mayEndAs })),
      reports,
      statuses,
    ),
    ...checkCreates(results, ledger),
    ...checkRunning(ends, ledger, statuses),
    ...checkLeftovers(await place.fromEmulator<Live>('live'), named),
    ...checkAnswers(await answerPairs(session, results, upstream)),
    ...(await brokenCanaries(soaked, history, ledger)),
    ...history.broken,
    ...checkGaps(ledger, schedulesOf(plan)),
    ...checkLiveness(
      found.map(({ workflowId: taskId, execution }) => ({ taskId, execution })),
      settledSeconds,
    ),
    ...(await brokenBatches(soaked, found)),
    ...brokenSizes(found),
    ...checkWork({ taskIds: meantForUpstream(plan), fired }, ledger),
  ];
  const isOpen = (status?: string) => status === 'queued' || status === 'in_progress';
  const orphansRunning = ledger.creates.filter(({ id }) => !money.own.has(id) && isOpen(statuses[id])).length;
  const events = found.reduce((sum, { size }) => sum + size.events, 0);
  return { broken: all, ends, reports, money, orphansRunning, replayed: history.replayed, events, fired };
}
