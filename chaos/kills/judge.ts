/** What a kill may not have done: judged by the ledger and the statuses of upstream, never by our own logs. */
import type { Ledger } from '../../emulator';
import { checkAnswers, sha256 } from '../checks/answers';
import { hasEnded, knownResponses, type Broken } from '../checks/evidence';
import { checkCreates, checkMoney } from '../checks/money';
import { isOf, type End, type Work } from './work';

export interface KillRun {
  /** The name of its row. */
  row: string;
  /** By what the loss is noticed, and after how long. */
  noticedBy: string;
  /** Of its task or batch. */
  id: string;
  expected: Work;
  /** Whether a second create may be named. */
  isAmbiguous: boolean;
  ends: End[];
  /** From the new worker being up, or the heal, to the next step; null where it had ended by then. */
  recoverySeconds: number | null;
  /** The same from the kill, with the start of the new worker in it, or the outage. */
  outageSeconds: number | null;
  /** Why the run proves nothing, or what it broke beside the rest. */
  problems: string[];
}

/** One that did not come to its end. */
export const failedRun = (row: string, id: string, expected: Work, error: unknown): KillRun => ({
  row,
  noticedBy: '',
  id,
  expected,
  isAmbiguous: false,
  ends: [],
  recoverySeconds: null,
  outageSeconds: null,
  problems: [error instanceof Error ? error.message : String(error)],
});

export interface Upstream {
  ledger: Ledger;
  statuses: Record<string, string>;
  /** The text of a response. */
  textOf: (responseId: string) => Promise<string | null>;
}

export interface Verdict {
  run: KillRun;
  /** Of the ledger. */
  creates: number;
  /** Creates beyond the first of each task, that a result names as possible orphans. */
  named: number;
  /** Those that none names. */
  silent: string[];
  leaked: string[];
  wrong: string[];
}

/** Of a run that has no upstream to be judged by. */
export const verdictOfFailed = (run: KillRun): Verdict => ({
  run,
  creates: 0,
  named: 0,
  silent: [],
  leaked: [],
  wrong: [],
});

/** A response that a task knew, that goes on upstream, and that no result names as left. */
function leakedBy(end: End, statuses: Upstream['statuses']): string[] {
  const named = end.notCleaned.join('\n');
  const left = knownResponses(end).filter((id) => !hasEnded(statuses[id]) && !named.includes(id));
  return left.map((id) => `${end.taskId}: ${id} is ${statuses[id] ?? 'unknown'} upstream`);
}

async function wrongAnswer(end: End, { textOf }: Upstream): Promise<Broken[]> {
  if (end.status !== 'completed' || end.responseId === null) return [];
  const upstream = await textOf(end.responseId);
  const { taskId, responseId, text } = end;
  const hashOf = (words: string | null) => (words === null ? null : sha256(words));
  return checkAnswers([{ taskId, responseId, ours: hashOf(text), upstream: hashOf(upstream) }]);
}

async function wrongIn({ expected, ends, id }: KillRun, upstream: Upstream): Promise<string[]> {
  const count = expected.batchOf ?? 1;
  const statuses = ends.filter(({ status }) => status !== expected.endsAs);
  const answers = await Promise.all(ends.map((end) => wrongAnswer(end, upstream)));
  return [
    ...(ends.length === count ? [] : [`${id}: ${ends.length} results of ${count}`]),
    ...statuses.map(({ taskId, status }) => `${taskId}: ended as ${status}, not ${expected.endsAs}`),
    ...answers.flat().map(({ what }) => what),
  ];
}

/** Where it is known what became of the create, nothing may be said to be doubtful. */
function doubtsOf({ isAmbiguous, ends }: KillRun): string[] {
  const doubtful = isAmbiguous ? [] : ends.filter(({ possibleOrphans }) => possibleOrphans.length > 0);
  return doubtful.map(({ taskId }) => `${taskId}: names a create as lost, outside of the one window`);
}

export async function judge(run: KillRun, upstream: Upstream): Promise<Verdict> {
  const { creates, calls } = upstream.ledger;
  const own = {
    creates: creates.filter(({ metadata }) => isOf(run.id)(metadata.task_id)),
    calls: calls.filter(({ task }) => isOf(run.id)(task)),
  };
  return {
    run,
    creates: own.creates.length,
    named: checkMoney(run.ends, own).realOrphans,
    silent: checkCreates(run.ends, own).map(({ what }) => what),
    leaked: run.ends.flatMap((end) => leakedBy(end, upstream.statuses)),
    wrong: [...doubtsOf(run), ...(await wrongIn(run, upstream))],
  };
}
