/** Many runs at once on one side: how long until all are done, how soon each end is seen, what it costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { percentile } from '../percentile';
import { NO_ANSWER, type Answer, type RunRequest, type Session, type Side } from './side';
import { withSide } from './upstream';

export interface Plan {
  runs: number;
  seconds: number;
}

export interface Figures {
  allDoneSeconds: number;
  lagP50Seconds: number;
  lagP99Seconds: number;
  /** Of one run. */
  events: number;
  /** POSTs, GETs and streams; of one run. */
  calls: number;
  creates: number;
  /** Runs that ended upstream and have no answer on this side, or a wrong one. */
  lost: number;
}

/** What has no answer so long after the last end upstream never had one, on any side, when it was tried for minutes. */
const PATIENCE_MS = 120_000;
const SAMPLE = 20;
const QUEUED_SECONDS = 0.5;

export const requestOf = (id: string, seconds: number): RunRequest => ({
  model: 'o3',
  input: `Prompt of ${id}.`,
  metadata: {
    emulator_queued_seconds: String(QUEUED_SECONDS),
    emulator_run_seconds: String(seconds - QUEUED_SECONDS),
  },
});

export async function patiently(answer: Promise<Answer>, ms: number): Promise<Answer> {
  const over = new AbortController();
  const late = sleep(ms, NO_ANSWER, { signal: over.signal }).catch(() => NO_ANSWER);
  return Promise.race([answer, late]).finally(() => over.abort());
}

/** From the end upstream to the first GET that showed it. */
function lagsOf({ creates, calls }: Ledger): number[] {
  const endedAt = new Map(creates.map(({ id, endedAt: atMs }) => [id, atMs ?? Infinity]));
  const seen = new Map<string, number>();
  for (const { op, id, at, status } of calls) {
    if (op !== 'retrieve' || status !== 200 || !id || seen.has(id) || at < (endedAt.get(id) ?? Infinity)) continue;
    seen.set(id, at);
  }
  return [...seen].map(([id, at]) => (at - (endedAt.get(id) ?? NaN)) / 1000);
}

/** Each end is seen elsewhere: all come so long after their creates. */
function lagsSeen(session: Session, ids: string[], { creates }: Ledger): number[] {
  const endOf = new Map(creates.map(({ request, endedAt }) => [JSON.stringify(request.input), endedAt ?? NaN]));
  return ids.flatMap((id) => {
    const endedAt = [...endOf].find(([input]) => input.includes(`Prompt of ${id}.`))?.[1] ?? NaN;
    const seenMs = session.seenMs?.(id) ?? NaN;
    return Number.isNaN(seenMs) ? [] : [(seenMs - endedAt) / 1000];
  });
}

async function runAll(session: Session, { runs, seconds }: Plan): Promise<{ ids: string[]; lost: number }> {
  const ids = Array.from({ length: runs }, (_, i) => `run-${i}`);
  const answers = await Promise.all(
    ids.map(async (id) => {
      await session.start(id, requestOf(id, seconds));
      return patiently(session.answer(id), seconds * 1000 + PATIENCE_MS);
    }),
  );
  return { ids, lost: ids.filter((id, i) => !answers[i]?.text?.includes(`Prompt of ${id}.`)).length };
}

export function measureMany(side: Side, plan: Plan): Promise<Figures> {
  return withSide(side, async (session, upstream) => {
    const startMs = Date.now();
    const { ids, lost } = await runAll(session, plan);
    const allDoneSeconds = (Date.now() - startMs) / 1000;
    const ledger = await upstream.ledger();
    const lags = session.seenMs ? lagsSeen(session, ids, ledger) : lagsOf(ledger);
    const events = await Promise.all(ids.slice(0, SAMPLE).map((id) => session.eventsOf?.(id) ?? NaN));
    const own = ledger.calls.filter(({ op }) => ['create', 'retrieve', 'stream'].includes(op));
    return {
      allDoneSeconds,
      lagP50Seconds: percentile(lags, 0.5),
      lagP99Seconds: percentile(lags, 0.99),
      events: percentile(events, 0.5),
      calls: own.length / plan.runs,
      creates: ledger.creates.length,
      lost,
    };
  });
}
