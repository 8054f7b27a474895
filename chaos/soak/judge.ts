/** Everything that was promised, looked at after a soak. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchRecord, DurableResponses, TaskResult } from '../../src/client';
import { BATCH_WORKFLOW, TASK_WORKFLOW } from '../../src/names';
import { checkAnswers } from '../checks/answers';
import { addHits, checkCanaries, hitsIn, hitsInFile, type Hits } from '../checks/canaries';
import { checkEnds, checkLiveness } from '../checks/ends';
import { broken, type Broken } from '../checks/evidence';
import { checkGaps } from '../checks/gaps';
import { checkSizes, checkTaskSize } from '../checks/histories';
import { checkCreates } from '../checks/money';
import { checkBatch } from '../checks/records';
import { checkLeftovers, checkRunning } from '../checks/running';
import { checkWork } from '../checks/work';
import type { Place } from '../place';
import { answerPairs } from './answers';
import type { Driven } from './drive';
import { ofType, readEvidence, type Evidence } from './evidence';
import { expectedEnds, meantForUpstream, ownSchedules } from './expected';
import type { Found } from './gather';
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
  evidence: Evidence;
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
  const database = hitsIn('', CANARIES);
  for (const name of readdirSync(dataDir)) addHits(database, await hitsInFile(join(dataDir, name), CANARIES));
  const places: Record<string, Hits> = { "the server's database": database };
  for (const name of readdirSync(logs)) places[`log of ${name}`] = await hitsInFile(join(logs, name), CANARIES);
  return places;
}

async function brokenCanaries({ place }: Soaked, { hits, ledger }: Evidence): Promise<Broken[]> {
  const sent = hitsIn(JSON.stringify(ledger.creates), CANARIES);
  // It is in a header, which the ledger does not keep: that calls were let in shows that it was sent.
  sent['API key'] = ledger.calls.filter(({ status }) => status === 200).length;
  const all = { ...hits, ...(await hitsInPlaces(place)) };
  return checkCanaries({ hits: all, meant: { 'decrypted histories': ['prompt'] }, sent });
}

function brokenEnds({ plan, driven, settledSeconds }: Soaked, evidence: Evidence): Broken[] {
  const { found, ends, reports, statuses } = evidence;
  const expected = expectedEnds(plan, driven.accepted);
  const all = found.map(({ workflowId: taskId, execution }) => ({ taskId, execution }));
  return [
    ...checkEnds(expected.tasks, ends, statuses),
    ...checkEnds(expected.reports, reports, statuses),
    ...checkLiveness(all, settledSeconds),
  ];
}

function brokenUpstream({ plan }: Soaked, evidence: Evidence): Broken[] {
  const { found, ends, reports, results, ledger, statuses, live } = evidence;
  const named = [...ends, ...reports].flatMap(({ result }) => result?.notCleaned ?? []);
  return [
    ...checkCreates(results, ledger),
    ...checkRunning(ends, ledger, statuses),
    ...checkLeftovers(live, named),
    ...checkGaps(ledger, ownSchedules(plan, found)),
  ];
}

function brokenSizes(found: readonly Found[]): Broken[] {
  const tasks = ofType(found, TASK_WORKFLOW).filter(({ result }) => result !== null);
  return [
    ...checkSizes(found.map(({ size }) => size)),
    ...tasks.flatMap(({ size, result }) => checkTaskSize(size, result as TaskResult)),
  ];
}

/** Judges by upstream and by the server, never by what the product says of itself. */
export async function judge(soaked: Soaked): Promise<Verdict> {
  const { place, session, plan, driven } = soaked;
  const evidence = await readEvidence(place, session);
  const { found, results, ledger, replayed } = evidence;
  const upstream = { emulatorUrl: place.emulatorUrl, key: CANARIES['API key'] };
  const fired = { ...soaked.fired, ...driven.struck };
  const all = [
    ...driven.problems.map((what) => broken('work', what)),
    ...checkWork({ taskIds: meantForUpstream(plan), fired }, { ledger, results }),
    ...brokenEnds(soaked, evidence),
    ...brokenUpstream(soaked, evidence),
    ...checkAnswers(await answerPairs(session, results, upstream)),
    ...(await brokenCanaries(soaked, evidence)),
    ...replayed.broken,
    ...(await brokenBatches(soaked, found)),
    ...brokenSizes(found),
  ];
  return { broken: all, evidence };
}
