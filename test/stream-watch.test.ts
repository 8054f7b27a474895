/** Tasks that are watched by their stream, against a real server: the answer is that of a GET, whatever happens. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maxInFlight, type FaultRule } from '../emulator';
import { createActivities } from '../src/activities';
import type { TaskResult, TaskStatusView } from '../src/contracts';
import {
  answerUpstream,
  begin,
  detailsOf,
  eventsOf,
  heartbeatOf,
  isFollowed,
  ledgerOf,
  until,
  watched,
} from './helpers/watched';
import { callsOf, devServerWorld, endOf, stillRunning, uniqueId, type World } from './helpers/world';
import { startWorkerProcess } from './helpers/worker-process';

let world: World;
beforeAll(async () => {
  world = await devServerWorld({ streamIdleMs: 1_000, maxStreams: 40 });
});
afterAll(() => world.close());
beforeEach(() => world.emulator.setFaults([]));

const withWorker = <T>(body: () => Promise<T>): Promise<T> => world.withWorker(body);

const PURE = { mode: 'stream', fallbacks: [] };

describe('a stream as it should be', () => {
  test.each([
    ['text', 'completed'],
    ['failed', 'failed'],
    ['incomplete_max_output_tokens', 'incomplete'],
    ['refusal', 'completed'],
  ])('given %s -> then %s, by one GET', async (scenario, status) => {
    const metadata = { emulator_scenario: scenario };
    const { result, streams, creates } = await withWorker(() => watched(world, [], { metadata }));
    expect(result).toMatchObject({ status, polls: 1, creates: 1, watched: PURE, possibleOrphans: [] });
    expect(creates).toHaveLength(1);
    expect(streams.map(({ op }) => op)).toEqual(['create', 'stream']);
    if (status === 'completed' && scenario === 'text')
      expect(result.outputText).toBe(await answerUpstream(world, result.responseId));
  });

  test('given a run that waits in the queue -> then the create stays until it begins', async () => {
    const metadata = { emulator_queued_seconds: '0.7' };
    const { result, streams } = await withWorker(() => watched(world, [], { metadata }));
    expect(result).toMatchObject({ status: 'completed', watched: PURE });
    expect(streams[0]).toMatchObject({ op: 'create', last: 2 });
    expect(streams[1]).toMatchObject({ op: 'stream', startingAfter: 2 });
  });

  test('given lookNow -> then a look, and the same stream goes on', async () => {
    await withWorker(async () => {
      const handle = await begin(world, { metadata: { emulator_run_seconds: '4' } });
      await until(() => isFollowed(world, handle.workflowId));
      await handle.signal('lookNow');
      await until(async () => (await handle.query<TaskStatusView>('taskStatus')).polls === 1);
      expect(await handle.result()).toMatchObject({ status: 'completed', polls: 2, watched: PURE });
      expect(ledgerOf(world, handle.workflowId).streams).toHaveLength(2);
    });
  });
});

describe('a stream that goes wrong', () => {
  test('given a cut after each event of a run -> then the same answer, nothing created twice', async () => {
    const first = await withWorker(() => watched(world));
    const count = (first.streams[1]?.last ?? 0) + 1;
    expect(count).toBeGreaterThan(6);
    const ids = Array.from({ length: count - 1 }, () => uniqueId('cut'));
    const faults = ids.map((task, after): FaultRule => {
      return { op: after < 2 ? 'create' : 'stream', task, times: 1, do: { kind: 'stream_cut', after } };
    });
    world.emulator.setFaults(faults);
    const results = await withWorker(() =>
      Promise.all(ids.map(async (id) => (await (await begin(world, { id })).result()) as TaskResult)),
    );
    for (const result of results) {
      expect(result).toMatchObject({ status: 'completed', creates: 1, watched: PURE, possibleOrphans: [] });
      expect(result.outputText).toBe(await answerUpstream(world, result.responseId));
      expect(ledgerOf(world, result.taskId).creates).toHaveLength(1);
    }
    for (const [after, id] of ids.entries()) {
      const rows = ledgerOf(world, id).streams;
      const next = rows[rows.findIndex(({ outcome }) => outcome === 'cut') + 1];
      // At the end there is none: the GET after the cut has the answer.
      expect([after, next?.startingAfter ?? after]).toEqual([after, after]);
    }
    expect(ids.filter((id) => ledgerOf(world, id).streams.length > 2).length).toBeGreaterThan(count / 2);
  }, 120_000);

  test('given a reply that is cut before the first event -> then both creates are named', async () => {
    const faults: FaultRule[] = [{ op: 'create', times: 1, do: { kind: 'stream_cut', after: -1 } }];
    const { result, creates } = await withWorker(() => watched(world, faults));
    expect(result).toMatchObject({ status: 'completed', creates: 2, possibleOrphans: [{ attempt: 1 }] });
    expect(creates).toHaveLength(2);
  });

  test('given a reply that is lost, and "fail" -> then unknown, and one create', async () => {
    const faults: FaultRule[] = [{ op: 'create', do: { kind: 'drop', accept: true } }];
    const options = { onAmbiguousCreate: 'fail' as const };
    const { result, creates } = await withWorker(() => watched(world, faults, { options }));
    expect(result).toMatchObject({ status: 'unknown', possibleOrphans: [{ attempt: 1 }] });
    expect(creates).toHaveLength(1);
  });

  test('given a create that is refused -> then rejected, and nothing is paid', async () => {
    const faults: FaultRule[] = [{ op: 'create', do: { kind: 'status', status: 400 } }];
    const { result, creates } = await withWorker(() => watched(world, faults));
    expect([result.status, creates]).toEqual(['rejected', []]);
  });

  test('given streams that are refused -> then the same run is polled, and the result says so', async () => {
    const message = 'This response can no longer be streamed because it is more than 5 minutes old';
    const faults: FaultRule[] = [{ op: 'stream', do: { kind: 'status', status: 400, message } }];
    const { result, creates } = await withWorker(() => watched(world, faults));
    const fallbacks = [{ from: 'stream', to: 'poll', reason: expect.stringContaining(message) as string }];
    expect(result).toMatchObject({ status: 'completed', creates: 1, watched: { mode: 'poll', fallbacks } });
    expect(creates).toHaveLength(1);
  });

  test('given an error and response.failed of a run that fails -> then one failure, and one retry for it', async () => {
    const metadata = { emulator_scenario: 'failed', emulator_queued_seconds: '0.7' };
    const faults = (['nested', 'flat'] as const).map((form): FaultRule => {
      return { op: 'create', times: 1, do: { kind: 'stream_error', after: 1, form, then: 'failed' } };
    });
    const options = { retryOn: { times: 1 } };
    const { result, creates } = await withWorker(() => watched(world, faults, { metadata, options }));
    expect(world.emulator.faultsFired()).toEqual([1, 1]);
    expect(result).toMatchObject({ status: 'failed', creates: 2, watched: PURE, possibleOrphans: [] });
    expect(result.error?.code, 'what a GET says, and not the stream').toBe('server_error');
    expect(result.retries.map(({ responseId }) => responseId)).toEqual([creates[0]?.id]);
    expect(creates.map(({ id }) => id)).toEqual([creates[0]?.id, result.responseId]);
  });

  test('given a look of the create that is told to wait -> then the reader looks no sooner', async () => {
    const metadata = { emulator_scenario: 'failed', emulator_queued_seconds: '0.7' };
    const faults: FaultRule[] = [
      { op: 'create', times: 1, do: { kind: 'stream_error', after: 1, form: 'flat', then: 'failed' } },
      { op: 'retrieve', times: 1, do: { kind: 'status', status: 429, headers: { 'retry-after': '2' } } },
    ];
    const { result } = await withWorker(() => watched(world, faults, { metadata }));
    expect(result).toMatchObject({ status: 'failed', creates: 1, watched: PURE });
    const [first, second] = callsOf(world.emulator, result.taskId, 'retrieve');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  test('given a stream that ends in good order too early -> then no success before the run ends, and then its own end', async () => {
    const faults: FaultRule[] = [{ op: 'stream', times: 2, do: { kind: 'stream_end', after: 3 } }];
    const metadata = { emulator_scenario: 'incomplete_max_output_tokens', emulator_run_seconds: '3' };
    const { result, creates, streams } = await withWorker(() => watched(world, faults, { metadata }));
    expect(result).toMatchObject({ status: 'incomplete', polls: 2, creates: 1, watched: PURE });
    expect(streams.map(({ op, outcome }) => [op, outcome])).toEqual([
      ['create', 'left'],
      ['stream', 'short'],
      ['stream', 'done'],
    ]);
    expect(Date.now() - (creates[0]?.at ?? Infinity)).toBeGreaterThan(3_000);
  });
});

describe('an end by us', () => {
  test('given a cancel while it is followed -> then cancelled upstream within seconds', async () => {
    await withWorker(async () => {
      const handle = await begin(world, { metadata: { emulator_run_seconds: '600' } });
      await until(() => isFollowed(world, handle.workflowId));
      const beganMs = Date.now();
      await handle.signal('cancelTask');
      const { result } = await endOf(handle);
      expect(result).toMatchObject({ status: 'cancelled', creates: 1, notCleaned: [] });
      expect(Date.now() - beganMs).toBeLessThan(10_000);
      expect(await stillRunning(world.emulator)).not.toContain(result.responseId);
      await until(() => !isFollowed(world, handle.workflowId));
    });
  });

  test('given a deadline, made shorter while it is followed -> then timed out, and cancelled upstream', async () => {
    await withWorker(async () => {
      const handle = await begin(world, { metadata: { emulator_run_seconds: '600' } });
      await until(() => isFollowed(world, handle.workflowId));
      await handle.executeUpdate('changeTask', { args: [{ maxWaitSeconds: 1 }] });
      const { result } = await endOf(handle);
      expect(result).toMatchObject({ status: 'timed_out', watched: PURE, notCleaned: [] });
      expect(await stillRunning(world.emulator)).not.toContain(result.responseId);
    });
  });
});

test('given a change during short looks of a task that is polled -> then it goes on to its end', async () => {
  await withWorker(async () => {
    const handle = await begin(world, { options: { watch: 'poll' }, metadata: { emulator_run_seconds: '3' } });
    await until(() => callsOf(world.emulator, handle.workflowId, 'retrieve').length > 1);
    await handle.executeUpdate('changeTask', { args: [{ maxWaitSeconds: 500 }] });
    expect((await endOf(handle)).result).toMatchObject({ status: 'completed', creates: 1 });
  });
});

describe('workers that go', () => {
  /** A run of some seconds whose follower's place is known to the server, and is past the beginning. */
  async function followedByProcess() {
    const worker = await startWorkerProcess(world);
    const handle = await begin(world, { metadata: { emulator_run_seconds: '15' } });
    await until(async () => ((await heartbeatOf(handle))?.cursor ?? 0) > 3);
    return { worker, handle, known: await heartbeatOf(handle) };
  }

  async function finishedByAnother(handle: Awaited<ReturnType<typeof begin>>) {
    const second = await startWorkerProcess(world);
    const { result } = await endOf(handle).finally(() => second.stop());
    return { result, ...ledgerOf(world, handle.workflowId) };
  }

  test('given kill -9 while the create stays for a run in the queue -> then the next one goes on with its id', async () => {
    const worker = await startWorkerProcess(world);
    const handle = await begin(world, { metadata: { emulator_queued_seconds: '15' } });
    await until(async () => (await detailsOf(handle, 'startResponse'))?.phase === 'created');
    await worker.kill();
    const { result, creates } = await finishedByAnother(handle);
    expect(result).toMatchObject({ status: 'completed', creates: 1, watched: PURE, possibleOrphans: [] });
    expect(creates).toHaveLength(1);
  }, 120_000);

  test.each(['kill -9', 'a graceful stop'])(
    'given %s in the middle -> then the next one goes on there',
    async (how) => {
      world.emulator.setFaults([]);
      const { worker, handle, known } = await followedByProcess();
      if (how === 'kill -9') await worker.kill();
      else expect(await worker.stop()).toBe(0);
      const { result, creates, streams, cancels } = await finishedByAnother(handle);
      expect(result).toMatchObject({ status: 'completed', creates: 1, watched: PURE, possibleOrphans: [] });
      expect([creates.length, cancels.length]).toEqual([1, 0]);
      expect(streams.at(-1)?.startingAfter).toBeGreaterThanOrEqual(known?.cursor ?? Infinity);
      expect(known?.textTail.length).toBeLessThanOrEqual(2_048);
    },
    120_000,
  );
});

test('given a limit of the account -> then what has been followed to its end makes room for the next', async () => {
  const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
  const activities = createActivities({ openai, store: world.store, limits: { maxInFlight: 1 } });
  await world.withWorker(async () => {
    const handles = await Promise.all([begin(world), begin(world), begin(world)]);
    const beganMs = Date.now();
    for (const handle of handles) expect(await handle.result()).toMatchObject({ status: 'completed', watched: PURE });
    // Who is not told asks again after a minute.
    expect(Date.now() - beganMs).toBeLessThan(50_000);
    const ids = handles.map(({ workflowId }) => workflowId);
    const creates = world.emulator.ledger().creates.filter(({ metadata }) => ids.includes(metadata.task_id ?? ''));
    expect(maxInFlight(creates)).toBe(1);
  }, activities);
});

test('given a stream that is cut when its run is over five minutes old -> then it is polled, with the same id and answer', async () => {
  let nowMs = Date.now();
  const old = await devServerWorld({ emulator: { clock: { now: () => nowMs } } });
  try {
    await old.withWorker(async () => {
      old.emulator.setFaults([{ op: 'stream', times: 1, do: { kind: 'stream_cut', after: 5 } }]);
      const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '400' };
      const handle = await begin(old, { metadata });
      await until(() => isFollowed(old, handle.workflowId));
      nowMs += 390_000;
      await until(async () => (await handle.query<TaskStatusView>('taskStatus')).watched.mode === 'poll');
      nowMs += 20_000;
      const result = (await handle.result()) as TaskResult;
      const reason = expect.stringContaining('more than 5 minutes old') as string;
      const fallbacks = [{ from: 'stream', to: 'poll', reason }];
      expect(result).toMatchObject({ status: 'completed', creates: 1, watched: { mode: 'poll', fallbacks } });
      const { creates } = ledgerOf(old, handle.workflowId);
      expect(creates.map(({ id }) => id)).toEqual([result.responseId]);
      expect(result.outputText).toBe(await answerUpstream(old, result.responseId));
    });
  } finally {
    await old.close();
  }
});

test('given a run of 24 hours -> then 21 events at most, and one GET', async () => {
  let nowMs = Date.now();
  const long = await devServerWorld({ emulator: { clock: { now: () => nowMs } } });
  try {
    await long.withWorker(async () => {
      const options = { maxWaitSeconds: 100_000 };
      const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '86400' };
      const handle = await begin(long, { options, metadata });
      await until(() => isFollowed(long, handle.workflowId));
      nowMs += 86_400_000;
      expect(await handle.result()).toMatchObject({ status: 'completed', polls: 1, watched: PURE });
      expect(await eventsOf(handle)).toBeLessThanOrEqual(21);
      expect(ledgerOf(long, handle.workflowId).streams.at(-1)?.events).toBeGreaterThan(2_800);
    });
  } finally {
    await long.close();
  }
});
