/** Cancelling at every moment, by the signal and by Temporal: one terminal result, nothing left running upstream. */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { TaskOptions, TaskOutcome, TaskResult, TaskStatusView } from '../src/contracts';
import { callsOf, createsOf, devServerWorld, endOf, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
const cleaned: string[] = [];
beforeAll(async () => {
  world = await devServerWorld({
    callDeadlineMs: 3_000,
    cleanUp: ({ taskId, status }) => void cleaned.push(`${taskId} ${status}`),
  });
});
afterAll(() => world.close());

/** Looks every 0.2 s inside the activity. */
const inline: TaskOptions = { pollIntervalsSeconds: [0.2] };
/** Looks every 0.5 s by durable timers. */
const durable: TaskOptions = { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0 };
const answer = (status: number) => ({ kind: 'status' as const, status });

interface Case {
  name: string;
  scenario?: string;
  options?: TaskOptions;
  metadata?: Record<string, string>;
  faults?: FaultRule[];
  /** When the cancel is sent: milliseconds after the create was about to be sent; `before` is before any worker runs. */
  afterMs: number | 'before' | 'noWorker';
  /** Default `cancelled`. */
  status?: TaskOutcome;
  creates?: number;
  /** Whether upstream must have been asked to cancel. Default true. */
  asksUpstream?: boolean;
  orphans?: number;
  /** How soon upstream must have been asked; a look that is under way is not waited for. */
  withinMs?: number;
}

const CASES: Case[] = [
  { name: 'before the first workflow task', afterMs: 'before', creates: 0, asksUpstream: false },
  {
    name: 'during the create, not yet accepted',
    afterMs: 200,
    faults: [{ op: 'create', do: { kind: 'late', ms: 700 } }],
  },
  { name: 'during the create, accepted', afterMs: 200, faults: [{ op: 'create', do: { kind: 'delay', ms: 700 } }] },
  {
    name: 'while the reply of the create is being lost',
    afterMs: 200,
    faults: [{ op: 'create', do: { kind: 'hang', accept: true, ms: 700 } }],
    asksUpstream: false,
    orphans: 1,
  },
  {
    name: 'while the reply of a create is being lost that is not to be sent again',
    afterMs: 200,
    options: { ...inline, onAmbiguousCreate: 'fail' },
    faults: [{ op: 'create', do: { kind: 'hang', accept: true, ms: 700 } }],
    asksUpstream: false,
    orphans: 1,
  },
  {
    name: 'while a refused create waits to be sent again',
    afterMs: 400,
    faults: [{ op: 'create', do: { kind: 'status', status: 429, headers: { 'retry-after': '30' } } }],
    creates: 0,
    asksUpstream: false,
  },
  { name: 'between inline looks', afterMs: 900, options: inline, withinMs: 8_000 },
  { name: 'between durable looks', afterMs: 1_200, options: durable },
  {
    name: 'while a look is in flight',
    afterMs: 700,
    options: inline,
    faults: [{ op: 'retrieve', nth: 2, do: { kind: 'delay', ms: 1_000 } }],
  },
  {
    name: 'when upstream has just completed',
    afterMs: 1_500,
    scenario: 'text',
    options: { pollIntervalsSeconds: [5] },
    metadata: { emulator_run_seconds: '0.3' },
    status: 'completed',
  },
  {
    name: 'and the cancel is answered 400',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: 1, do: answer(400) }],
  },
  {
    name: 'and the cancel is answered 404',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: 1, do: answer(404) }],
  },
  {
    name: 'and the cancel is answered 409',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: 1, do: answer(409) }],
  },
  {
    name: 'and the cancel is answered 500',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: { from: 1, to: 2 }, do: answer(500) }],
  },
  {
    name: 'and the reply of the cancel is lost',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: 1, do: { kind: 'drop', accept: true } }],
  },
  {
    name: 'and the cancel hangs',
    afterMs: 600,
    options: inline,
    faults: [{ op: 'cancel', nth: 1, do: { kind: 'hang' } }],
  },
  {
    name: 'and looks know nothing of the response yet, which has completed',
    afterMs: 1_000,
    scenario: 'text',
    options: { pollIntervalsSeconds: [5] },
    metadata: { emulator_queued_seconds: '0', emulator_run_seconds: '0.3' },
    faults: [{ op: 'retrieve', do: { kind: 'not_found', forSeconds: 5 } }],
    status: 'completed',
  },
  { name: 'while no worker runs', afterMs: 'noWorker', options: durable },
  { name: 'of a response that completes after its cancel', afterMs: 600, options: inline, scenario: 'late_completion' },
];

const WAYS: Record<string, (handle: WorkflowHandle) => Promise<unknown>> = {
  signal: (handle) => handle.signal('cancelTask', 'enough'),
  'signal twice': async (handle) => {
    await handle.signal('cancelTask', 'enough');
    await handle.signal('cancelTask', 'again').catch(() => undefined);
  },
  'Temporal cancel': (handle) => handle.cancel(),
  'signal and Temporal cancel': (handle) => Promise.all([handle.signal('cancelTask', 'enough'), handle.cancel()]),
};

interface Played {
  taskId: string;
  /** When the cancel was sent; NaN where that was before there was a worker. */
  cancelledMs: number;
  result: TaskResult;
  execution: string;
}

/** An id that no other task's id ends with, so that the faults of a case are its own. */
const idOf = (way: string, { name }: Case): string => uniqueId(`${way} ${name}`.replace(/[^a-z0-9]+/gi, '-'));

function start(id: string, { scenario = 'slow', options = inline, metadata }: Case): Promise<WorkflowHandle> {
  const request = { model: 'o3', input: `A prompt for ${id}.`, metadata: { emulator_scenario: scenario, ...metadata } };
  return world.start({ request, options }, id);
}

/** The intent to create is on the server, or the create is in the ledger already. */
async function sending(handle: WorkflowHandle): Promise<void> {
  const isSent = async () => {
    if (callsOf(world.emulator, handle.workflowId, 'create').length > 0) return true;
    const { pendingActivities } = (await handle.describe()).raw;
    return (pendingActivities ?? []).some(({ heartbeatDetails }) => (heartbeatDetails?.payloads?.length ?? 0) > 0);
  };
  while (!(await isSent())) await sleep(20);
}

/** All cases of one way at once: each waits for its own moment. */
async function playAll(way: string): Promise<Map<string, Played>> {
  const cancel = WAYS[way]!;
  const cases = CASES.map((one) => ({ one, id: idOf(way, one) }));
  world.emulator.setFaults(cases.flatMap(({ one, id }) => (one.faults ?? []).map((rule) => ({ ...rule, task: id }))));
  const early = cases.filter(({ one }) => typeof one.afterMs !== 'number');
  const handles = new Map<string, WorkflowHandle>();
  for (const { one, id } of early) {
    if (one.afterMs === 'noWorker') handles.set(id, await start(id, one));
  }
  await world.withWorker(() => sleep(1_500));
  for (const { one, id } of early) {
    if (one.afterMs === 'before') handles.set(id, await start(id, one));
    await cancel(handles.get(id)!);
  }
  return world.withWorker(async () => {
    const played = cases.map(async ({ one, id }): Promise<[string, Played]> => {
      const handle = handles.get(id) ?? (await start(id, one));
      let cancelledMs = NaN;
      if (typeof one.afterMs === 'number') {
        await sending(handle);
        await sleep(one.afterMs);
        cancelledMs = Date.now();
        await cancel(handle);
      }
      return [one.name, { taskId: id, cancelledMs, ...(await endOf(handle)) }];
    });
    return new Map(await Promise.all(played));
  });
}

describe.each(Object.keys(WAYS))('%s', (way) => {
  let played: Map<string, Played>;
  beforeAll(async () => {
    played = await playAll(way);
  });

  test.each(CASES)('$name -> one result, nothing left running', async (wanted) => {
    const { taskId, cancelledMs, result, execution } = played.get(wanted.name)!;
    const { status = 'cancelled', creates = 1, asksUpstream = true, orphans = 0, withinMs } = wanted;
    expect(result).toMatchObject({ status, notCleaned: [] });
    expect(execution).toBe(way.includes('Temporal') ? 'CANCELLED' : 'COMPLETED');
    const own = createsOf(world.emulator, taskId).map(({ id }) => id);
    expect(own).toHaveLength(creates);
    const asked = callsOf(world.emulator, taskId, 'cancel');
    expect(asked.length > 0).toBe(asksUpstream);
    // One that was refused is sent again after one look.
    const [firstMs = NaN, secondMs = NaN] = asked.map(({ at }) => at);
    const looks = callsOf(world.emulator, taskId, 'retrieve').filter(({ at }) => at > firstMs && at < secondMs);
    expect(looks.length).toBeLessThanOrEqual(1);
    // A visit would end by itself after 20 s.
    if (withinMs !== undefined) expect((asked[0]?.at ?? Infinity) - cancelledMs).toBeLessThan(withinMs);
    expect(result.possibleOrphans).toHaveLength(orphans);
    const left = await stillRunning(world.emulator);
    expect(left.filter((id) => own.includes(id))).toHaveLength(orphans);
    if (status === 'completed') expect(result.outputText).toContain('You asked');
    else expect(cleaned).toContain(`${taskId} ${status}`);
  });
});

test('a cancel after the end -> the result stays', async () => {
  const handle = await world.ask('text', inline, { emulator_run_seconds: '0.1' });
  const { result } = await world.withWorker(() => endOf(handle));
  await handle.signal('cancelTask').catch(() => undefined);
  await handle.cancel().catch(() => undefined);
  expect(result.status).toBe('completed');
  expect((await handle.describe()).status.name).toBe('COMPLETED');
});

test('Temporal cancel and then a signal -> the first one decides how it closes', async () => {
  const id = uniqueId('both');
  world.emulator.setFaults([{ op: 'cancel', task: id, do: { kind: 'delay', ms: 3_000 } }]);
  const request = { model: 'o3', input: 'x', metadata: { emulator_scenario: 'slow' } };
  const { execution, result } = await world.withWorker(async () => {
    const handle = await world.start({ request, options: inline }, id);
    await expect.poll(() => createsOf(world.emulator, id).length, { timeout: 20_000 }).toBe(1);
    await handle.cancel();
    const phase = async () => (await handle.query<TaskStatusView>('taskStatus')).phase;
    await expect.poll(phase, { timeout: 20_000, interval: 20 }).toBe('cancelling');
    await handle.signal('cancelTask', 'too late');
    return endOf(handle);
  });
  expect(execution).toBe('CANCELLED');
  expect(result.status).toBe('cancelled');
});

test('upstream that refuses every cancel -> cancelled, and what may still run is named', async () => {
  world.emulator.setFaults([{ op: 'cancel', do: answer(403) }]);
  const handle = await world.ask('slow', inline);
  const { result } = await world.withWorker(async () => {
    await sleep(600);
    await handle.signal('cancelTask');
    return endOf(handle);
  });
  expect(result.status).toBe('cancelled');
  expect(result.notCleaned.join()).toContain(`${result.responseId} may still be running`);
}, 120_000);
