/** The gaps between looks, as the emulator's ledger saw them; time skips. */
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckInput, TaskOptions, TaskResult } from '../src/contracts';
import { replaying, UNCACHED } from './helpers/cache';
import { runsOf, until } from './helpers/watched';
import { callsOf, createsOf, skippingWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await skippingWorld();
});
afterAll(() => world.close());

const looksOf = (workflowId: string) => callsOf(world.emulator, workflowId, 'retrieve');

/** Whole seconds between the create and each look after it. */
async function gapsOf(options: TaskOptions, runSeconds: number): Promise<number[]> {
  return world.withWorker(async () => {
    const handle = await world.ask(
      'text',
      { inlineWaitSeconds: 0, ...options },
      { emulator_run_seconds: String(runSeconds) },
    );
    const result = (await handle.result()) as TaskResult;
    expect(result.status).toBe('completed');
    const times = [createsOf(world.emulator, handle.workflowId)[0]?.at ?? 0];
    times.push(...looksOf(handle.workflowId).map(({ at }) => at));
    expect(result.polls).toBe(times.length - 1);
    return times.slice(1).map((at, i) => Math.round((at - (times[i] ?? 0)) / 1000));
  });
}

test('intervals [1, 2, 5, 10, 30, 60] -> gaps of 1, 2, 5, 10, 30, 60, 60 ... s', async () => {
  expect(await gapsOf({}, 280)).toEqual([1, 2, 5, 10, 30, 60, 60, 60, 60]);
});

test('Retry-After longer than the interval -> waited out; shorter -> the schedule', async () => {
  const limited = (retryAfter: string) => ({
    kind: 'status' as const,
    status: 429,
    headers: { 'retry-after': retryAfter },
  });
  world.emulator.setFaults([
    { op: 'retrieve', nth: 2, do: limited('20') },
    { op: 'retrieve', nth: 4, do: limited('3') },
  ]);
  const gaps = await gapsOf({}, 100);
  world.emulator.setFaults([]);
  // After look 2 the schedule says 5 and upstream 20; after look 4 the schedule says 30 and upstream 3.
  expect(gaps).toEqual([1, 2, 20, 10, 30, 60]);
});

test.each(['1000000000', '-5', 'NaN', 'soon'])(
  'Retry-After: %s -> between the schedule and 60 s',
  async (retryAfter) => {
    const fault = { kind: 'status' as const, status: 429, headers: { 'retry-after': retryAfter } };
    world.emulator.setFaults([{ op: 'retrieve', nth: 1, do: fault }]);
    const gaps = await gapsOf({ pollIntervalsSeconds: [5] }, 30);
    world.emulator.setFaults([]);
    expect(gaps[1]).toBe(retryAfter === '1000000000' ? 60 : 5);
  },
);

test('intervals changed during a wait -> no look at once; the new interval counts from then', async () => {
  await world.withWorker(async () => {
    const options = { inlineWaitSeconds: 0, pollIntervalsSeconds: [60] };
    const handle = await world.ask('text', options, { emulator_run_seconds: '90' });
    await world.env.sleep('20s');
    await handle.executeUpdate('changeTask', { args: [{ pollIntervalsSeconds: [30] }] });
    await handle.result();
    const createdAt = createsOf(world.emulator, handle.workflowId)[0]?.at ?? NaN;
    const looks = looksOf(handle.workflowId).map(({ at }) => (at - createdAt) / 1000);
    expect(looks.map((seconds) => Math.round(seconds / 10) * 10)).toEqual([50, 80, 110]);
  });
});

test('an outage of looks -> the schedule goes on, never faster than a second', async () => {
  world.emulator.setFaults([{ op: 'retrieve', nth: { from: 1, to: 5 }, do: { kind: 'drop' } }]);
  const gaps = await gapsOf({ pollIntervalsSeconds: [0.2] }, 8);
  world.emulator.setFaults([]);
  expect(gaps.slice(1, 6)).toEqual([1, 1, 1, 1, 1]);
});

test('a look that failed -> the visit after it is told, so that its first wait is a second at least', async () => {
  world.emulator.setFaults([{ op: 'retrieve', nth: 1, do: { kind: 'status', status: 404 } }]);
  const { events } = await world.withWorker(async () => {
    const handle = await world.ask('text', { pollIntervalsSeconds: [0.2] }, { emulator_run_seconds: '1' });
    await handle.result();
    return handle.fetchHistory();
  });
  world.emulator.setFaults([]);
  const visits = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity }) =>
    activity?.activityType?.name === 'checkResponse' ? (activity.input?.payloads ?? []) : [],
  );
  const { plan } = defaultPayloadConverter.fromPayload<CheckInput>(visits[0] ?? {});
  expect(plan).toMatchObject({ fault: { type: 'Upstream.NotFound', httpStatus: 404 } });
});

test(
  '1,000 looks -> several runs, each under 10,240 events, no gap, and a cancel works',
  async () => {
    const { gaps, events, result } = await world.withWorker(async () => {
      // With `retryOn` the request is carried on, too; the change must be, and the options of the start are not what holds.
      const options = {
        inlineWaitSeconds: 0,
        pollIntervalsSeconds: [3],
        maxWaitSeconds: 100_000,
        retryOn: { times: 1 },
      };
      const handle = await world.ask('stuck_in_progress', options);
      await world.env.sleep('4s');
      await handle.executeUpdate('changeTask', { args: [{ pollIntervalsSeconds: [10] }] });
      while (looksOf(handle.workflowId).length < 1010) await world.env.sleep('200s');
      // This server refuses the cancel of a look that ends in the same workflow task, and is stuck (sdk-java#2391).
      await until(async () => (await handle.describe()).raw.pendingActivities?.length === 0);
      await handle.signal('cancelTask', 'seen enough');
      const end = (await handle.result()) as TaskResult;
      const times = looksOf(handle.workflowId).map(({ at }) => at);
      return {
        result: end,
        events: await runsOf(world, handle),
        // The first look came before the change.
        gaps: times.slice(2, -1).map((at, i) => Math.round((at - (times[i + 1] ?? 0)) / 1000)),
      };
    });
    expect(result).toMatchObject({ status: 'cancelled', creates: 1, cancelReason: 'seen enough' });
    expect(createsOf(world.emulator, result.taskId)).toHaveLength(1);
    expect(result.polls).toBeGreaterThanOrEqual(1000);
    expect(events.length).toBeGreaterThan(1);
    expect(Math.max(...events)).toBeLessThan(10_240);
    // Without a cache two replays come on top of each wait, and each takes a second or two.
    const longest = UNCACHED ? 16 : 10;
    expect(gaps.filter((gap) => gap < 10 || gap > longest)).toEqual([]);
  },
  replaying(180_000),
);
