/** Everything that is known when a soak is over: of the Temporal server, and of upstream. */
import { compiled } from '../../bench/scale/processes';
import type { Ledger } from '../../emulator';
import type { DurableResponses, ReportResult, TaskResult } from '../../src/client';
import { REPORT_WORKFLOW, TASK_WORKFLOW } from '../../src/names';
import { hitsIn } from '../checks/canaries';
import type { Broken, TaskEnd } from '../checks/evidence';
import { checkReplay } from '../checks/replay';
import type { Live } from '../checks/running';
import type { Place } from '../place';
import { gather, type Found, type Gathered } from './gather';
import { CANARIES } from './secrets';

export interface Evidence extends Gathered {
  /** Of tasks, items of batches and runs of reports. */
  ends: TaskEnd[];
  results: TaskResult[];
  reports: TaskEnd[];
  ledger: Ledger;
  /** Upstream's, by the ids of responses. */
  statuses: Record<string, string>;
  live: Live;
  replayed: { histories: number; broken: Broken[] };
}

export const ofType = (found: readonly Found[], type: string): Found[] => found.filter((one) => one.type === type);

const endOf = ({ workflowId, execution, result }: Found): TaskEnd => ({
  taskId: workflowId,
  execution,
  result: result as TaskResult | null,
});

function reportEnd(found: Found): TaskEnd {
  const result = found.result as ReportResult | null;
  return { ...endOf(found), result: result && { ...result, retries: [] } };
}

/** Reads all histories, and replays them as they come. */
async function readServer(session: DurableResponses) {
  const { temporal } = session;
  const none = () => hitsIn('', CANARIES);
  const into: Gathered = { found: [], hits: { histories: none(), 'decrypted histories': none() } };
  const { dataConverter } = temporal.options;
  const options = { dataConverter, workflowBundle: { codePath: compiled('workflow-bundle.js') } };
  const replayed = await checkReplay(gather(temporal, CANARIES, into), options);
  return { replayed, into };
}

export async function readEvidence({ fromEmulator }: Place, session: DurableResponses): Promise<Evidence> {
  const { into, replayed } = await readServer(session);
  // A run that has continued as new is no end.
  const last = into.found.filter(({ execution }) => execution !== 'CONTINUED_AS_NEW');
  const ends = ofType(last, TASK_WORKFLOW).map(endOf);
  return {
    ...into,
    ends,
    results: ends.flatMap(({ result }) => (result ? [result as TaskResult] : [])),
    reports: ofType(last, REPORT_WORKFLOW).map(reportEnd),
    ledger: await fromEmulator<Ledger>('ledger'),
    statuses: await fromEmulator<Record<string, string>>('responses'),
    live: await fromEmulator<Live>('live'),
    replayed,
  };
}
