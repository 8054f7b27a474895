/** Many runs at once on one side: how long until all are done, how soon each end is seen, what it costs. */
import type { Ledger } from '../../emulator';
import { until } from '../../src/embedded/processes';
import { messageOf } from '../../src/errors';
import { percentile } from '../percentile';
import type { Answer, RunRequest, Session, Side } from './side';
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

/** Without one more answer for so long after the ends upstream, there are no more: clients look every 2 s. */
const PATIENCE_MS = 30_000;
const SAMPLE = 20;
const QUEUED_SECONDS = 0.5;

export const promptOf = (id: string): string => `Prompt of ${id}.`;

/** A string or a list of messages, as each side writes it. */
const promptIn = (input: unknown): string => /Prompt of [\w-]+\./.exec(JSON.stringify(input))?.[0] ?? '';

export const requestOf = (id: string, seconds: number): RunRequest => ({
  model: 'o3',
  input: promptOf(id),
  metadata: {
    emulator_queued_seconds: String(QUEUED_SECONDS),
    emulator_run_seconds: String(seconds - QUEUED_SECONDS),
  },
});

/** From the end upstream to the first GET that showed it. */
export function lagsOf({ creates, calls }: Ledger): number[] {
  const endedAt = new Map(creates.map(({ id, endedAt: atMs }) => [id, atMs ?? Infinity]));
  const seen = new Map<string, number>();
  for (const { op, id, at, status } of calls) {
    if (op !== 'retrieve' || status !== 200 || !id || seen.has(id) || at < (endedAt.get(id) ?? Infinity)) continue;
    seen.set(id, at);
  }
  return [...seen].map(([id, at]) => (at - (endedAt.get(id) ?? NaN)) / 1000);
}

/** By the side's own word: it sees the end elsewhere, or others GET a response too. */
function lagsSeen(answers: ReadonlyMap<string, Answer>, { creates }: Ledger): number[] {
  const endOf = new Map(creates.map(({ request, endedAt }) => [promptIn(request.input), endedAt ?? NaN]));
  return [...answers].flatMap(([id, { seenMs }]) =>
    seenMs === undefined ? [] : [(seenMs - (endOf.get(promptOf(id)) ?? NaN)) / 1000],
  );
}

/** All at once; `lost` have no answer of their own, `endMs` is when the last one came. */
async function runAll(session: Session, ids: readonly string[], seconds: number) {
  const answers = new Map<string, Answer>();
  let progressMs = Date.now();
  const failed: unknown[] = [];
  const runOne = async (id: string) => {
    await session.start(id, requestOf(id, seconds));
    progressMs = Date.now();
    answers.set(id, await session.answer(id));
    progressMs = Date.now();
  };
  for (const id of ids) void runOne(id).catch((error: unknown) => failed.push(error));
  const isStuck = () => Date.now() - progressMs > seconds * 1000 + PATIENCE_MS;
  await until(() => answers.size + failed.length === ids.length || isStuck(), Infinity);
  if (failed.length > 0) process.stderr.write(`${failed.length} runs were not accepted: ${messageOf(failed[0])}\n`);
  const lost = ids.filter((id) => !answers.get(id)?.text?.includes(promptOf(id))).length;
  return { answers, lost, endMs: progressMs };
}

export function measureMany(side: Side, plan: Plan): Promise<Figures> {
  return withSide(side, async (session, upstream) => {
    const startMs = Date.now();
    const ids = Array.from({ length: plan.runs }, (_, i) => `run-${i}`);
    const { answers, lost, endMs } = await runAll(session, ids, plan.seconds);
    const allDoneSeconds = (endMs - startMs) / 1000;
    const ledger = await upstream.ledger();
    const seen = lagsSeen(answers, ledger);
    const lags = seen.length > 0 ? seen : lagsOf(ledger);
    const events = await Promise.all(ids.slice(0, SAMPLE).map(async (id) => (await session.eventsOf?.(id)) ?? NaN));
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
