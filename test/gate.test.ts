/** The gate in front of the account: its limits hold with several workers, and everyone gets their share. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxInFlight } from '../emulator';
import type { Activities } from '../src/activities';
import { answerKeeper } from '../src/activities/answer-keeper';
import { gateDesk, type GateDesk } from '../src/activities/gate-desk';
import { createResponseActivities } from '../src/activities/responses';
import type { BatchItem, BatchResult, GateStatus, TaskInput, TaskOptions, TaskResult } from '../src/contracts';
import { gateWorkflowId } from '../src/names';
import { createUpstream } from '../src/upstream';
import { openGate, stateOfGate } from '../src/workflows/gate-state';
import { gateAlone, traffic, type GateAlone } from './helpers/gates';
import { withFleet } from './helpers/worker-process';
import { devServerWorld, skippingWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

const options = { pollIntervalsSeconds: [0.2] };

const taskOf = (id: string, own: TaskOptions, runSeconds = 1): TaskInput => ({
  request: {
    model: 'o3',
    input: `Prompt of ${id}`,
    metadata: { emulator_queued_seconds: '0', emulator_run_seconds: String(runSeconds) },
  },
  options: own,
});

const items = (count: number, name: string, own: TaskOptions = {}, runSeconds?: number): BatchItem[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}${i}`, task: taskOf(`${name}${i}`, own, runSeconds) }));

const createsOfBatches = (...ids: string[]) =>
  world.emulator.ledger().creates.filter(({ metadata }) => ids.some((id) => metadata.task_id?.startsWith(`${id}/`)));

const atMost = (responses: number) => ({ DURABLE_RESPONSES_MAX_IN_FLIGHT: String(responses) });

const resultOf = async (id: string) => (await world.client.workflow.getHandle(id).result()) as BatchResult;

const gateStatus = (queue: string) =>
  world.client.workflow.getHandle(gateWorkflowId(queue)).query<GateStatus>('gateStatus');

test('three workers, two batches of 14, at most 7 in flight -> never more upstream, and all complete', async () => {
  const [a, b] = [uniqueId('batch'), uniqueId('batch')];
  await withFleet(world, 3, atMost(7), async () => {
    // Runs so long that also a slow machine has all seven places taken.
    await world.startBatch({ items: items(14, 'a', {}, 3), options, concurrency: 14 }, a);
    await world.startBatch({ items: items(14, 'b', {}, 3), options, concurrency: 14 }, b);
    for (const id of [a, b]) expect((await resultOf(id)).counts).toEqual({ completed: 14 });
  });
  const creates = createsOfBatches(a, b);
  expect(creates).toHaveLength(28);
  expect(maxInFlight(creates)).toBe(7);
});

test('5 creates per second of two workers -> spread over the seconds', async () => {
  const id = uniqueId('batch');
  await withFleet(world, 2, { DURABLE_RESPONSES_MAX_CREATES_PER_SECOND: '5' }, async () => {
    await world.startBatch({ items: items(25, 'r'), options, concurrency: 25 }, id);
    expect((await resultOf(id)).counts).toEqual({ completed: 25 });
  });
  const times = createsOfBatches(id).map(({ at }) => at);
  // Some may be sent a little late on a busy machine, and the next on time.
  for (const at of times) expect(times.filter((one) => one >= at && one < at + 1_000).length).toBeLessThanOrEqual(9);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(4_000);
});

test('a tenant of 40 and then one of 4 -> the small one does not wait for the large one', async () => {
  const [large, small] = [uniqueId('large'), uniqueId('small')];
  await withFleet(world, 1, atMost(4), async () => {
    await world.startBatch({ items: items(40, 'l', { tenant: 'large' }), options, concurrency: 40 }, large);
    await expect.poll(() => createsOfBatches(large).length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(3);
    await world.startBatch({ items: items(4, 's', { tenant: 'small' }), options, concurrency: 4 }, small);
    for (const id of [large, small]) await resultOf(id);
  });
  const order = createsOfBatches(large, small).map(({ metadata }) => metadata.task_id?.startsWith(`${small}/`));
  expect(order.lastIndexOf(true)).toBeLessThan(20);
});

/** A gate whose worker is gone once a task is in: nobody has the task queue on which it is told of ends. */
function silentGate(): GateDesk {
  const desk = gateDesk({ maxInFlight: 1 });
  const taskQueue = uniqueId('nobody');
  return { enter: () => Promise.resolve(0), leave: (place, id) => desk.leave({ ...place, taskQueue }, id) };
}

/** Runs a task with such a gate. Gives its end, and how long it took. */
async function withSilentGate(task: TaskInput): Promise<{ result: TaskResult; seconds: number }> {
  const { store, emulator } = world;
  const upstream = createUpstream({ apiKey: 'sk-test', baseURL: emulator.url });
  const deps = { upstream, store, keepAnswer: answerKeeper(store), secrets: () => undefined, nowMs: () => Date.now() };
  const activities = createResponseActivities({ ...deps, maxRequestBytes: 1_000_000, gate: silentGate() });
  return world.withWorker(async () => {
    const startedMs = performance.now();
    const result = (await (await world.start(task)).result()) as TaskResult;
    return { result, seconds: (performance.now() - startedMs) / 1000 };
  }, activities);
}

describe('given a gate that answers nobody', () => {
  // A heartbeat timeout is 9 s or more.
  const SOON_SECONDS = 8;

  test('when a create is refused -> then the task is rejected soon, and nothing is taken for lost', async () => {
    world.emulator.setFaults([{ op: 'create', times: 1, do: { kind: 'status', status: 400 } }]);
    const { result, seconds } = await withSilentGate(taskOf('refused', { onAmbiguousCreate: 'fail' }));
    expect(result).toMatchObject({ status: 'rejected', creates: 0, possibleOrphans: [] });
    expect(seconds).toBeLessThan(SOON_SECONDS);
  });

  test('when a look sees the end -> then the task ends soon', async () => {
    const { result, seconds } = await withSilentGate(taskOf('ends', { ...options, inlineWaitSeconds: 0 }, 0));
    expect(result).toMatchObject({ status: 'completed', creates: 1 });
    expect(seconds).toBeLessThan(SOON_SECONDS);
  });
});

/** A worker of one place or more on a task queue of its own, so that such tests wait side by side. */
async function withOwnGate(responses: number, body: (own: OwnGate) => Promise<void>): Promise<void> {
  const queue = uniqueId('queue');
  const start = (task: TaskInput, workflowId = uniqueId('task')) =>
    world.client.workflow.start('responseTask', { taskQueue: queue, workflowId, args: [task] });
  const settings = { ...atMost(responses), DURABLE_RESPONSES_TASK_QUEUE: queue };
  await withFleet(world, 1, settings, () => body({ start, status: () => gateStatus(queue) }));
}

interface OwnGate {
  start: World['start'];
  status: () => Promise<GateStatus>;
}

/** Tasks of their own, all at once: a batch would start them step by step. */
const startAll = (start: World['start'], count: number, name: string, own: TaskOptions) =>
  Promise.all(Array.from({ length: count }, (_, i) => start(taskOf(`${name}${i}`, own), `${name}/${i}`)));

test.concurrent('40 low ones wait, then 6 high ones come -> the high ones are created next', async () => {
  const [low, high] = [uniqueId('low'), uniqueId('high')];
  let before = 0;
  await withOwnGate(4, async ({ start, status }) => {
    const lowOnes = await startAll(start, 40, low, { ...options, priority: 'low' });
    await expect.poll(() => createsOfBatches(low).length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(3);
    const highOnes = await startAll(start, 6, high, { ...options, priority: 'high' });
    await expect.poll(async () => (await status()).waiting, { timeout: 20_000, interval: 100 }).toBeGreaterThan(30);
    before = createsOfBatches(low).length;
    for (const one of [...lowOnes, ...highOnes]) expect(await one.result()).toMatchObject({ status: 'completed' });
  });
  const later = createsOfBatches(low, high).slice(before);
  const lastHigh = later.findLastIndex(({ metadata }) => metadata.task_id?.startsWith(`${high}/`));
  expect(lastHigh).toBeLessThan(6 + 4);
});

test.concurrent(
  'a task that holds a place is terminated -> another has it within a minute, and its own time begins then',
  async () => {
    const slow = { model: 'o3', input: 'x', metadata: { emulator_run_seconds: '600' } };
    const quick = { model: 'o3', input: 'y', metadata: { emulator_run_seconds: '0.3' } };
    await withOwnGate(1, async ({ start, status }) => {
      const holder = await start({ request: slow, options });
      await expect.poll(async () => (await status()).inFlight, { timeout: 20_000, interval: 100 }).toBe(1);
      // It waits for longer than that.
      const next = await start({ request: quick, options: { ...options, maxWaitSeconds: 15 } });
      await expect.poll(async () => (await status()).waiting, { timeout: 20_000, interval: 100 }).toBe(1);
      await holder.terminate('by hand');
      expect(await next.result()).toMatchObject({ status: 'completed', creates: 1 });
    });
  },
  150_000,
);

test.concurrent('a task that waits at the gate is cancelled -> no create', async () => {
  const request = { model: 'o3', input: 'x', metadata: { emulator_run_seconds: '600' } };
  await withOwnGate(1, async ({ start, status }) => {
    const holder = await start({ request, options });
    await expect.poll(async () => (await status()).inFlight, { timeout: 20_000, interval: 100 }).toBe(1);
    const waits = await start({ request, options });
    await expect.poll(async () => (await status()).waiting, { timeout: 20_000, interval: 100 }).toBe(1);
    await sleep(100);
    await waits.signal('cancelTask');
    expect(await waits.result()).toMatchObject({ status: 'cancelled', creates: 0 });
    await holder.signal('cancelTask');
    await holder.result();
  });
});

describe('given a gate by itself; time skips', () => {
  let skipping: World;
  beforeAll(async () => {
    skipping = await skippingWorld();
  });
  afterAll(() => skipping.close());

  /** Of one place, which somebody has, and for which somebody waits. */
  const withGate = (
    holder: string | null,
    body: (alone: GateAlone) => Promise<void>,
    activities?: Partial<Activities>,
  ) =>
    skipping.withWorker(async () => {
      const alone = await gateAlone(skipping, uniqueId('gate'));
      await alone.say([], [holder ?? alone.gate.workflowId, 'waits']);
      expect(await alone.status()).toMatchObject({ inFlight: 1, waiting: 1 });
      await body(alone).finally(() => alone.gate.terminate());
    }, activities);

  test('that is never quiet, and a holder that is gone -> then whoever waits is let in within two minutes', () =>
    withGate('gone', async (alone) => {
      await traffic(skipping, alone, 2);
      expect(await alone.status()).toMatchObject({ waiting: 0 });
    }));

  test('that is never quiet, and a holder that runs -> then it stays in, and is asked after once a minute', () =>
    // The gate runs.
    withGate(null, async (alone) => {
      await traffic(skipping, alone, 10);
      expect(await alone.status()).toMatchObject({ inFlight: 1, waiting: 1 });
      const { events } = await alone.gate.fetchHistory();
      const checks = events?.filter((event) => event.activityTaskScheduledEventAttributes) ?? [];
      expect(checks.length).toBeGreaterThan(7);
      expect(checks.length).toBeLessThan(11);
    }));

  test.each([
    ['quiet', () => skipping.env.sleep('10m')],
    ['never quiet', (alone: GateAlone) => traffic(skipping, alone, 10)],
  ])('that is %s and can ask nobody -> then who is in stays in, until it can', async (_name, pass) => {
    let isAway = true;
    const findEnded = (ids: string[]) =>
      isAway ? Promise.reject(new Error('The server is away.')) : Promise.resolve(ids);
    const body = async (alone: GateAlone) => {
      await pass(alone);
      expect(await alone.status()).toMatchObject({ inFlight: 1, waiting: 1 });
      isAway = false;
      await traffic(skipping, alone, 3);
      expect(await alone.status()).toMatchObject({ waiting: 0 });
    };
    await withGate('gone', body, { findEnded });
  });

  test('that continues as new -> then all that it knows is carried over', () => {
    const holders = [{ id: 'in', fairnessKey: 'a', notBeforeMs: 1, checkedMs: 2 }];
    const waiting = [{ id: 'waits', fairnessKey: 'b', priorityKey: 3 }];
    const state = { limits: { maxInFlight: 1 }, holders, waiting, nextCreateMs: 3, askedMs: 4 };
    expect(stateOfGate(openGate(state))).toEqual(state);
  });
});
