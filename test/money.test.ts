/** The fault plan on creates: what is paid, by the emulator's ledger, and what the result says of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { TaskOptions, TaskOutcome, TaskResult } from '../src/contracts';
import { callsOf, createsOf, devServerWorld, uniqueId, type World } from './helpers/world';

type Fault = FaultRule['do'];
const status = (code: number, more: Partial<Extract<Fault, { kind: 'status' }>> = {}): Fault => ({
  kind: 'status',
  status: code,
  ...more,
});

interface Case {
  name: string;
  fault: Fault;
  /** How many creates in a row it hits. Default 1. */
  times?: number;
  options?: TaskOptions;
  ends?: TaskOutcome;
  /** Responses upstream has made. Default 1. */
  paid?: number;
  /** POSTs sent. Default 2: the faulty one and a good one. */
  posts?: number;
  orphans?: number;
}

/** Refused for certain: sent again until it is taken, nothing to report. */
const REFUSED: Case[] = [
  { name: '429 with retry-after', fault: status(429, { headers: { 'retry-after': '1' } }) },
  { name: '429 with retry-after-ms', fault: status(429, { headers: { 'retry-after-ms': '300' } }) },
  { name: '409', fault: status(409) },
  { name: 'conversation_locked', fault: status(400, { code: 'conversation_locked' }) },
  { name: '500 that the API wrote, three times', fault: status(500), times: 3, posts: 4 },
  { name: '503 that the API wrote', fault: status(503, { code: 'server_is_overloaded' }) },
];

/** For good: one attempt, nothing paid. */
const REJECTED: Case[] = [
  ...[400, 401, 403, 404, 422, 424].map((code) => ({ name: String(code), fault: status(code) })),
  { name: 'billing 429', fault: status(429, { code: 'credit_balance_exhausted', type: 'insufficient_quota' }) },
  { name: 'a redirect', fault: { kind: 'redirect' as const, to: 'http://127.0.0.1:9/' } },
].map((one) => ({ ...one, ends: 'rejected' as const, paid: 0, posts: 1 }));

const GARBAGE = ['html', 'null', 'cut', 'wrong_types', 'array'] as const;

/** Perhaps accepted: one more create, and the possible orphan is named. */
const LOST: Case[] = [
  { name: 'accepted, then dropped', fault: { kind: 'drop', accept: true } as const, paid: 2 },
  { name: 'dropped', fault: { kind: 'drop' } as const },
  { name: 'hang before the headers', fault: { kind: 'hang' } as const },
  { name: 'stall in the body', fault: { kind: 'stall' } as const },
  { name: '502 of a gateway', fault: status(502, { body: 'html' }) },
  { name: '504 of a gateway', fault: status(504, { body: 'empty' }) },
  { name: '408', fault: status(408) },
  ...GARBAGE.map((body) => ({ name: `200 with ${body}`, fault: { kind: 'garbage' as const, body } })),
].map((one) => ({ ...one, orphans: 1 }));

const LIMITS: Case[] = [
  {
    name: 'accepted, then dropped, with onAmbiguousCreate fail',
    fault: { kind: 'drop', accept: true },
    options: { onAmbiguousCreate: 'fail' },
    ends: 'unknown',
    posts: 1,
    orphans: 1,
  },
  {
    name: 'accepted, then dropped, twice',
    fault: { kind: 'drop', accept: true },
    times: 2,
    ends: 'unknown',
    paid: 2,
    orphans: 2,
  },
];

const CASES = [...REFUSED, ...REJECTED, ...LOST, ...LIMITS];

let world: World;
const played = new Map<string, { taskId: string; result: TaskResult }>();

beforeAll(async () => {
  world = await devServerWorld({ callDeadlineMs: 3_000 });
  const cases = CASES.map((one) => ({ one, id: uniqueId(`create-${one.name}`.replace(/[^a-z0-9]+/gi, '-')) }));
  world.emulator.setFaults(
    cases.map(({ one, id }) => ({ op: 'create', task: id, times: one.times ?? 1, do: one.fault })),
  );
  await world.withWorker(async () => {
    const runs = cases.map(async ({ one, id }) => {
      const metadata = { emulator_run_seconds: '0.3' };
      const options = { pollIntervalsSeconds: [0.5], ...one.options };
      const handle = await world.start({ request: { model: 'o3', input: `Prompt of ${id}.`, metadata }, options }, id);
      played.set(one.name, { taskId: id, result: (await handle.result()) as TaskResult });
    });
    await Promise.all(runs);
  });
});
afterAll(() => world.close());

test.each(CASES)(
  'create: $name -> what was paid is what the result says',
  ({ name, ends = 'completed', paid = 1, posts = 2, orphans = 0 }) => {
    const { taskId, result } = played.get(name)!;
    expect(result.status).toBe(ends);
    expect(createsOf(world.emulator, taskId)).toHaveLength(paid);
    expect(callsOf(world.emulator, taskId, 'create')).toHaveLength(posts);
    expect(result.possibleOrphans).toHaveLength(orphans);
    // Never fewer than were paid: the result may only err on the side of warning.
    expect(result.creates).toBeGreaterThanOrEqual(paid);
  },
);

test('every fault on creates -> no retry by the client itself', () => {
  expect(world.emulator.ledger().calls.filter(({ retryCount }) => retryCount > 0)).toEqual([]);
});

test('onAmbiguousCreate fail -> says which task_id to look for', () => {
  const { taskId, result } = played.get('accepted, then dropped, with onAmbiguousCreate fail')!;
  expect(result.error).toMatchObject({ code: 'ambiguous_create' });
  expect(result.error?.message).toContain(`metadata.task_id = ${taskId}`);
});

test('onAmbiguousCreate retry -> the orphan is the attempt whose reply was lost', () => {
  const { taskId, result } = played.get('accepted, then dropped')!;
  const orphan = createsOf(world.emulator, taskId).find(({ id }) => id !== result.responseId);
  expect(result.possibleOrphans[0]).toMatchObject({ taskId, attempt: Number(orphan?.metadata.attempt) });
});

test('the key -> in no result', () => {
  expect(JSON.stringify([...played.values()])).not.toContain('sk-test');
});
