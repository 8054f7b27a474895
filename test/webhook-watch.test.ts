/** Tasks that wait for a webhook, and those that choose: what wakes them, what stands behind it, what it costs. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { readStatus } from '../src/client/status';
import type { TaskChange, TaskOptions, TaskResult, TaskStatusView } from '../src/contracts';
import { begin, detailsOf, eventsOf, isFollowed, ledgerOf, tookMs, until } from './helpers/watched';
import { callsOf, createsOf, devServerWorld, endOf, skippingWorld, stillRunning, type World } from './helpers/world';

const WEBHOOK = { watch: 'webhook' as const };
const HOUR = 3_600;

describe('webhook', () => {
  let world: World;
  beforeAll(async () => {
    world = await skippingWorld();
  });
  afterAll(() => world.close());

  const run = (seconds: number, maxWaitSeconds = 200_000) =>
    begin(world, {
      options: { ...WEBHOOK, maxWaitSeconds },
      metadata: { emulator_queued_seconds: '0', emulator_run_seconds: String(seconds) },
    });

  test('given a signal at the end of a run -> then one look, at once, and few events', async () => {
    await world.withWorker(async () => {
      const handle = await run(600);
      await world.env.sleep('601s');
      await handle.signal('lookNow');
      const result = (await handle.result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 1, watched: { mode: 'webhook', fallbacks: [] } });
      expect(await eventsOf(handle)).toBeLessThanOrEqual(25);
    });
  });

  test('given no signal at all -> then the safety net finds the end: 15 minutes, an hour, six, a day after', async () => {
    await world.withWorker(async () => {
      const result = (await (await run(24 * HOUR)).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 4 });
      const took = tookMs(world, result.taskId);
      expect(Math.round(took / 1000 / HOUR)).toBe(Math.round((900 + 3_600 + 21_600 + 86_400) / HOUR));
    });
  });

  test('given a signal that is early -> then looks after 5 and 60 s, and then the net again', async () => {
    await world.withWorker(async () => {
      const handle = await run(10 * HOUR, 2 * HOUR);
      await world.env.sleep('10s');
      await handle.signal('lookNow');
      const result = (await handle.result()) as TaskResult;
      // The signal, 5 s, 65 s, 15 minutes, 75 minutes, the deadline; then that of the cancel.
      expect(result).toMatchObject({ status: 'timed_out', polls: 7 });
    });
  });

  test('given a signal in the create, of a run that goes on -> then a look at once, and after 5 and 60 s', async () => {
    world.emulator.setFaults([{ op: 'create', do: { kind: 'delay', ms: 1_500 } }]);
    await world.withWorker(async () => {
      const handle = await run(30);
      await until(() => ledgerOf(world, handle.workflowId).creates.length === 1);
      await handle.signal('lookNow');
      const result = (await handle.result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 3 });
      expect(tookMs(world, result.taskId)).toBeLessThan(80_000);
    });
    world.emulator.setFaults([]);
  });

  test('given looks that fail -> then again each minute, and the run is not lost', async () => {
    world.emulator.setFaults([{ op: 'retrieve', times: 3, do: { kind: 'status', status: 503 } }]);
    await world.withWorker(async () => {
      const result = (await (await run(600)).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 4 });
      const took = tookMs(world, result.taskId);
      expect(took).toBeLessThan((900 + 4 * 60) * 1000);
    });
    world.emulator.setFaults([]);
  });

  test('given a cancel while it waits -> then cancelled upstream', async () => {
    await world.withWorker(async () => {
      const handle = await run(HOUR);
      await world.env.sleep('30s');
      await handle.signal('cancelTask');
      expect((await endOf(handle)).result).toMatchObject({ status: 'cancelled', notCleaned: [] });
    });
  });
});

describe('the safety net', () => {
  let world: World;
  beforeAll(async () => {
    world = await skippingWorld();
  });
  afterAll(() => world.close());
  afterEach(() => world.emulator.setFaults([]));

  const run = (seconds: number, options: TaskOptions = {}, metadata: Record<string, string> = {}) =>
    begin(world, {
      options: { ...WEBHOOK, maxWaitSeconds: 200_000, ...options },
      metadata: { emulator_queued_seconds: '0', emulator_run_seconds: String(seconds), ...metadata },
    });
  const looksOf = ({ workflowId }: WorkflowHandle) => callsOf(world.emulator, workflowId, 'retrieve');
  const change = (handle: WorkflowHandle, to: TaskChange) => handle.executeUpdate('changeTask', { args: [to] });
  /** Whole seconds from the create to each look. */
  const looksAt = (handle: WorkflowHandle) => {
    const createdAt = createsOf(world.emulator, handle.workflowId)[0]?.at ?? NaN;
    return looksOf(handle).map(({ at }) => Math.round((at - createdAt) / 1000));
  };

  test.each([
    [10, 0],
    [HOUR, 1],
    [24 * HOUR, 3],
  ])(
    'given a webhook at the end of a run of %i s -> then at most 25 events, and %i looks before',
    async (seconds, looks) => {
      await world.withWorker(async () => {
        const handle = await run(seconds);
        await world.env.sleep(`${seconds + 1}s`);
        await handle.signal('lookNow');
        expect(await handle.result()).toMatchObject({ status: 'completed', polls: looks + 1 });
        expect(looksOf(handle)).toHaveLength(looks + 1);
        expect(await eventsOf(handle)).toBeLessThanOrEqual(25);
      });
    },
  );

  test('given no webhook in a run of a day -> then at most 25 events, and looks that the page has told', async () => {
    await world.withWorker(async () => {
      const handle = await run(24 * HOUR);
      await until(async () => (await detailsOf(handle, 'awaitEnd')) !== null);
      const details = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
      expect(details).toMatch(/looks without a webhook: (\S+ \S+ UTC, ){3}\S+ \S+ UTC; pending activity `awaitEnd`/);
      expect(await handle.result()).toMatchObject({ status: 'completed', polls: 4 });
      expect(looksAt(handle).map((at) => Math.round(at / 100))).toEqual([9, 45, 261, 1_125]);
      expect(await eventsOf(handle)).toBeLessThanOrEqual(25);
    });
  });

  test('given an outage in the middle of a day -> then a look each minute of it, and still at most 25 events', async () => {
    world.emulator.setFaults([{ op: 'retrieve', times: 30, do: { kind: 'status', status: 503 } }]);
    await world.withWorker(async () => {
      const handle = await run(24 * HOUR);
      expect(await handle.result()).toMatchObject({ status: 'completed', polls: 34 });
      const at = looksAt(handle);
      const gaps = at.map((seconds, i) => Math.round((seconds - (at[i - 1] ?? 0)) / 60));
      expect(gaps).toEqual([15, ...Array.from({ length: 30 }, () => 1), 60, 360, 1440]);
      expect(await eventsOf(handle)).toBeLessThanOrEqual(25);
    });
  });

  test('given a deadline between two looks -> then timed out at that moment, and cancelled upstream', async () => {
    await world.withWorker(async () => {
      const handle = await run(HOUR, { maxWaitSeconds: 2_000 });
      const { status, error } = (await handle.result()) as TaskResult;
      expect([status, error?.code]).toEqual(['timed_out', 'max_wait_seconds']);
      expect(looksAt(handle).map((at) => Math.round(at / 10))).toEqual([90, 200, 200]);
      expect(ledgerOf(world, handle.workflowId).cancels).toHaveLength(1);
      expect(await stillRunning(world.emulator)).toEqual([]);
      // Six each for the cancel and for the cleanup.
      expect(await eventsOf(handle)).toBeLessThanOrEqual(25 + 12);
    });
  });

  test('given an end that no webhook told, before the deadline -> then the deadline finds it', async () => {
    await world.withWorker(async () => {
      const handle = await run(1_500, { maxWaitSeconds: 2_000, onTimeout: 'leave' });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
  });

  test.each([
    ['nearer', 2_400, [900, 2_400, 2_400], 'timed_out'],
    ['farther', 20_000, [900, 5_400, 20_000, 20_000], 'timed_out'],
    ['farther than the run', 40_000, [900, 5_400, 27_000], 'completed'],
  ])(
    'given a deadline that is made %s while it waits -> then it is that one',
    async (_name, maxWaitSeconds, at, status) => {
      await world.withWorker(async () => {
        const handle = await run(25_000, { maxWaitSeconds: 3_000 });
        await world.env.sleep('1800s');
        await change(handle, { maxWaitSeconds });
        expect(await handle.result()).toMatchObject({ status, polls: at.length });
        // The wait begins anew with the change, by the place in the schedule where it was.
        expect(looksAt(handle).map((seconds) => Math.round(seconds / 100) * 100)).toEqual(at);
      });
    },
  );

  test.each([
    ['300', 'completed', null],
    ['3000', 'timed_out', 'max_queued_seconds'],
  ])('given a limit for the queue, and %s s in it -> then %s', async (queued, status, code) => {
    await world.withWorker(async () => {
      const handle = await run(600, { maxQueuedSeconds: 700 }, { emulator_queued_seconds: queued });
      const { status: ended, error } = (await handle.result()) as TaskResult;
      expect([ended, error?.code ?? null]).toEqual([status, code]);
      expect(looksAt(handle).map((at) => Math.round(at / 10))[0]).toBe(70);
      // The net has just looked.
      const { events } = await handle.fetchHistory();
      const names = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
      expect(names).not.toContain('checkResponse');
    });
  });

  test.each([
    [10, 'completed', [0, 5, 30]],
    [3_000, 'timed_out', [0, 5, 30, 30]],
  ])('given looks with timers, a limit for the queue, and %i s in it -> then %s', async (queued, status, looks) => {
    world.emulator.setFaults([{ op: 'create', do: { kind: 'delay', ms: 500 } }]);
    await world.withWorker(async () => {
      const handle = await run(600, { maxQueuedSeconds: 30 }, { emulator_queued_seconds: String(queued) });
      await until(() => ledgerOf(world, handle.workflowId).creates.length === 1);
      // Before there is a net.
      await handle.signal('lookNow');
      expect(await handle.result()).toMatchObject({ status });
      const at = looksAt(handle).map((seconds) => Math.round(seconds / 5) * 5);
      expect(at.slice(0, looks.length)).toEqual(looks);
      if (status === 'timed_out') expect(at).toHaveLength(looks.length);
    });
  });

  test('given a limit for the queue that the net has met during a wait for a look -> then that look decides', async () => {
    await world.withWorker(async () => {
      const handle = await run(600, { maxQueuedSeconds: 700 }, { emulator_queued_seconds: '720' });
      await world.env.sleep('690s');
      await handle.signal('lookNow');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const at = looksAt(handle).map((seconds) => Math.round(seconds / 5) * 5);
      expect(at.slice(0, 4)).toEqual([690, 695, 700, 755]);
    });
  });

  test('given a look that fails, long after the response left the queue -> then it is not taken for queued', async () => {
    await world.withWorker(async () => {
      const handle = await run(4_000, { maxQueuedSeconds: 700 }, { emulator_queued_seconds: '300' });
      await world.env.sleep('2000s');
      world.emulator.setFaults([{ op: 'retrieve', times: 1, do: { kind: 'status', status: 503 } }]);
      await handle.signal('lookNow');
      await until(async () => (await handle.query<TaskStatusView>('taskStatus')).lastError !== null);
      await change(handle, { maxWaitSeconds: 100_000 });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
  });

  test('given a 404 twice -> then expired; once -> then it goes on', async () => {
    const missing = (nth: object) => ({ op: 'retrieve', do: { kind: 'status', status: 404 }, ...nth }) as FaultRule;
    await world.withWorker(async () => {
      world.emulator.setFaults([missing({ times: 1 })]);
      expect(await (await run(600)).result()).toMatchObject({ status: 'completed', polls: 2 });
      world.emulator.setFaults([missing({})]);
      expect(await (await run(HOUR)).result()).toMatchObject({ status: 'expired', polls: 2 });
    });
  });

  test('given a status that is not known -> then it is counted and no end', async () => {
    await world.withWorker(async () => {
      const handle = await run(HOUR, { maxWaitSeconds: 6_000 }, { emulator_scenario: 'unknown_status_forever' });
      expect(await handle.result()).toMatchObject({ status: 'timed_out', unknownStatuses: { paused: 3 } });
      expect(looksAt(handle).map((at) => Math.round(at / 100))).toEqual([9, 45, 60, 60]);
    });
  });

  test('given a failure that is tried again -> then the net of the first response is gone', async () => {
    await world.withWorker(async () => {
      const metadata = { emulator_scenario: 'failed', emulator_error_code: 'server_error' };
      const handle = await run(600, { retryOn: { times: 1 } }, metadata);
      await world.env.sleep('601s');
      await handle.signal('lookNow');
      const result = (await handle.result()) as TaskResult;
      expect(result).toMatchObject({ status: 'failed', creates: 2, polls: 2 });
      expect(looksOf(handle).map(({ id }) => id)).toEqual([result.retries[0]?.responseId, result.responseId]);
    });
  });
});

describe('auto, and a real server', () => {
  let world: World;
  beforeAll(async () => {
    world = await devServerWorld({ maxStreams: 1 });
  });
  afterAll(() => world.close());

  const AUTO = { watch: 'auto' as const };

  test('given a run that is short -> then its stream, and nothing else', async () => {
    await world.withWorker(async () => {
      const result = (await (await begin(world, { options: AUTO })).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 1, watched: { mode: 'stream', fallbacks: [] } });
    });
  });

  /** Of a server whose clock is behind: what it creates now is almost five minutes old for us. */
  const lateWorld = () => devServerWorld({ emulator: { clock: { now: () => Date.now() - 292_000 } } });

  test('given a run that gets five minutes old -> then its slot is handed on, and the same run is polled', async () => {
    const late = await lateWorld();
    try {
      await late.withWorker(async () => {
        const handle = await begin(late, { options: AUTO, metadata: { emulator_run_seconds: '5' } });
        const fallbacks = [{ from: 'stream', to: 'poll', reason: 'the run is too old for a stream' }];
        expect(await handle.result()).toMatchObject({ status: 'completed', watched: { mode: 'poll', fallbacks } });
        const { streams, creates, cancels } = ledgerOf(late, handle.workflowId);
        expect([creates.length, cancels.length]).toEqual([1, 0]);
        expect(streams.at(-1)).toMatchObject({ op: 'stream', outcome: 'left' });
        // It left by itself: to be told by the workflow would be events.
        const { events } = await handle.fetchHistory();
        expect(events?.filter((event) => event.activityTaskCancelRequestedEventAttributes)).toEqual([]);
      });
    } finally {
      await late.close();
    }
  });

  test('given watch stream, and a run that gets five minutes old -> then its stream is read to the end', async () => {
    const late = await lateWorld();
    try {
      await late.withWorker(async () => {
        const metadata = { emulator_run_seconds: '12' };
        const handle = await begin(late, { options: { watch: 'stream' }, metadata });
        const watched = { mode: 'stream', fallbacks: [] };
        expect(await handle.result()).toMatchObject({ status: 'completed', watched });
      });
    } finally {
      await late.close();
    }
  });

  test.each([
    [undefined, 'poll'],
    [true, 'webhook'],
  ])('given no free slot, and a receiver: %s -> then %s, and the page says so', async (webhookReceiver, to) => {
    await world.withWorker(async () => {
      const taken = await begin(world, { options: AUTO, metadata: { emulator_run_seconds: '600' } });
      await until(() => isFollowed(world, taken.workflowId));
      const options = { ...AUTO, webhookReceiver };
      const handle = await begin(world, { options, metadata: { emulator_run_seconds: '9' } });
      const view = () => handle.query<TaskStatusView>('taskStatus');
      await until(async () => (await view()).watched.mode === to);
      expect((await view()).watched.fallbacks).toEqual([
        { from: 'stream', to, reason: 'no slot for a stream within 5s' },
      ]);
      const details = await handle.query('__temporal_workflow_metadata');
      expect(JSON.stringify(details)).toContain(`from stream to ${to}: no slot`);
      if (to === 'webhook') {
        await until(async () => (await world.emulator.statuses())[(await view()).responseId ?? ''] === 'completed');
        await handle.signal('lookNow');
      }
      expect(await handle.result()).toMatchObject({ status: 'completed', creates: 1 });
      await taken.signal('cancelTask');
      await endOf(taken);
    });
  });

  test('given another worker after the first look of the net -> then it goes on with the second', async () => {
    const options = { ...WEBHOOK, safetyNetSeconds: [1, 4, 600] };
    const looks = ({ workflowId }: WorkflowHandle) => callsOf(world.emulator, workflowId, 'retrieve').length;
    const handle = await world.withWorker(async () => {
      const begun = await begin(world, { options, metadata: { emulator_run_seconds: '3' } });
      await until(() => looks(begun) === 1);
      return begun;
    });
    await world.withWorker(async () => {
      expect(await handle.result()).toMatchObject({ status: 'completed', polls: 2 });
      expect(looks(handle)).toBe(2);
      expect(await eventsOf(handle)).toBeLessThanOrEqual(25);
    });
  });

  test('given a task that waits in the net -> then its status tells what the net saw, and when it looks again', async () => {
    await world.withWorker(async () => {
      const options = { ...WEBHOOK, safetyNetSeconds: [1, 900] };
      const handle = await begin(world, { options, metadata: { emulator_run_seconds: '600' } });
      const viewOf = async () => (await readStatus(world.client, handle.workflowId)).view as TaskStatusView;
      await until(async () => (await viewOf()).polls === 1);
      const view = await viewOf();
      expect(view).toMatchObject({ status: 'in_progress', lastError: null });
      const inSeconds = (Date.parse(view.nextLookAt ?? '') - Date.now()) / 1000;
      expect(Math.round(inSeconds / 10)).toBe(90);
      await handle.signal('cancelTask');
      expect((await endOf(handle)).result).toMatchObject({ status: 'cancelled', notCleaned: [] });
    });
  });
});
