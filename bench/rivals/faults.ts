/** Two things that go wrong, on one side: a kill while runs are being created, and a cancel. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../src/embedded/processes';
import { promptOf, requestOf } from './many';
import { NO_ANSWER, type Answer, type Session, type Side, type Upstream } from './side';
import { withSide } from './upstream';

export interface FaultFigures {
  killed: KillFigures;
  cancelled: CancelFigures;
}

export interface KillFigures {
  runs: number;
  /** Paid. */
  creates: number;
  /** Creates besides the first that a result names. */
  named: number;
  /** Runs that had an answer after the restart. */
  answered: number;
  seconds: number;
}

export interface CancelFigures {
  /** Calls of the cancel endpoint. */
  calls: number;
  /** By the side, soon after the cancel and after the run's own end. */
  statuses: [soon: string, late: string];
  /** Upstream, soon and late. */
  upstream: [soon: string, late: string];
}

const RUNS = 20;
const RUN_SECONDS = 4;
/** So long is the answer to a create on its way: the kill is well within. */
const DELAY_MS = 90_000;
/** Twenty creates reach upstream within a second or two; the slowest side starts cold. */
const CREATED_MS = 60_000;
/** The longest timeout by which a side notices that its worker was lost is 60 s; it may take two of them. */
const RECOVERY_MS = 150_000;

function patiently(answer: Promise<Answer>, ms: number): Promise<Answer> {
  const over = new AbortController();
  const late = sleep(ms, NO_ANSWER, { signal: over.signal }).catch(() => NO_ANSWER);
  return Promise.race([answer, late]).finally(() => over.abort());
}

async function killDuringCreate(session: Session, upstream: Upstream): Promise<KillFigures> {
  const before = (await upstream.ledger()).creates.length;
  const creates = async () => (await upstream.ledger()).creates.length - before;
  await upstream.setFaults([{ op: 'create', do: { kind: 'delay', ms: DELAY_MS } }]);
  const ids = Array.from({ length: RUNS }, (_, i) => `killed-${i}`);
  await Promise.all(ids.map((id) => session.start(id, requestOf(id, RUN_SECONDS))));
  if (!(await until(async () => (await creates()) === RUNS, CREATED_MS))) throw new Error('Not all runs were created.');
  await session.kill();
  await upstream.setFaults([]);
  const startMs = Date.now();
  await session.restart();
  const answers = await Promise.all(ids.map((id) => patiently(session.answer(id), RECOVERY_MS)));
  return {
    runs: RUNS,
    creates: await creates(),
    named: answers.reduce((sum, { named }) => sum + named, 0),
    answered: answers.filter(({ text }, i) => text?.includes(promptOf(ids[i] ?? ''))).length,
    seconds: (Date.now() - startMs) / 1000,
  };
}

const CANCELLED_SECONDS = 14;
/** It runs by then. */
const CANCEL_AFTER_MS = 3000;
/** Every look comes within 2 s. */
const SOON_MS = 5000;
const LATE_MS = CANCELLED_SECONDS * 1000 - CANCEL_AFTER_MS - SOON_MS + 4000;

async function cancelOne(session: Session, upstream: Upstream): Promise<CancelFigures> {
  const id = 'cancelled';
  await session.start(id, requestOf(id, CANCELLED_SECONDS));
  // Only what was created can be cancelled upstream: no side is to blame for being slow to begin.
  if (!(await until(async () => (await upstream.ledger()).creates.length > 0, CREATED_MS)))
    throw new Error('Not created.');
  await sleep(CANCEL_AFTER_MS);
  await session.cancel(id);
  const look = async (): Promise<[string, string]> => {
    const [responseId = ''] = (await upstream.ledger()).creates.map((create) => create.id);
    return [await session.status(id), (await upstream.statuses())[responseId] ?? 'none'];
  };
  await sleep(SOON_MS);
  const [soon, upstreamSoon] = await look();
  await sleep(LATE_MS);
  const [late, upstreamLate] = await look();
  const { cancels } = await upstream.ledger();
  return { calls: cancels.length, statuses: [soon, late], upstream: [upstreamSoon, upstreamLate] };
}

/** The cancel first: no other run is on this upstream then. */
export function measureFaults(side: Side): Promise<FaultFigures> {
  return withSide(side, async (session, upstream) => {
    const cancelled = await cancelOne(session, upstream);
    return { cancelled, killed: await killDuringCreate(session, upstream) };
  });
}
