/** Creates that are refused for so long that the task continues as new: nothing is paid twice in silence; time skips. */
import { ApplicationFailure, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { createActivities } from '../src/activities';
import type { StartInput, TaskOptions, TaskResult } from '../src/contracts';
import { replaying, UNCACHED } from './helpers/cache';
import { runsOf } from './helpers/watched';
import { callsOf, createsOf, devServerWorld, skippingWorld, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await skippingWorld();
});
afterEach(() => world.emulator.setFaults([]));
afterAll(() => world.close());

const busy = (from: number, to: number): FaultRule => ({
  op: 'create',
  nth: { from, to },
  do: { kind: 'status', status: 429 },
});

/** A run of a hundred creates has 1,100 events. */
const LIMIT = { timeout: replaying(90_000) };

type Handle = WorkflowHandleWithFirstExecutionRunId;

describe('given creates that are refused for longer than a run of the workflow may have events', LIMIT, () => {
  const lost = (nth: number): FaultRule => ({ op: 'create', nth, do: { kind: 'drop', accept: true } });
  const LONG = { inlineWaitSeconds: 0, maxWaitSeconds: 100_000 };
  const FILES = [{ path: 'examples/data/alice.txt' }];
  /** As many creates as one run makes, and some. */
  const MANY = 104;

  /** Gives the result, and what upstream and the server have seen. */
  async function pastARun(faults: FaultRule[], options: TaskOptions, act?: (handle: Handle) => Promise<unknown>) {
    world.emulator.setFaults(faults);
    const filesBefore = world.emulator.ledger().files.length;
    return world.withWorker(async () => {
      const handle = await world.ask('text', { ...LONG, ...options }, { emulator_run_seconds: '1' });
      await act?.(handle);
      const result = (await handle.result()) as TaskResult;
      const runs = await runsOf(world, handle);
      expect(runs.length).toBeGreaterThan(1);
      expect(Math.max(...runs)).toBeLessThan(1_300);
      const { emulator } = world;
      const sentMs = callsOf(emulator, handle.workflowId, 'create').map(({ at }) => at);
      const paid = createsOf(emulator, handle.workflowId).map(({ metadata }) => Number(metadata.attempt));
      return { result, runs, sentMs, paid, uploads: emulator.ledger().files.length - filesBefore };
    });
  }

  /** Gives the number of creates that were sent by then. */
  async function untilNextRun({ workflowId }: Handle): Promise<number> {
    const sent = () => callsOf(world.emulator, workflowId, 'create').length;
    while (sent() < MANY) await world.env.sleep('10m');
    return sent();
  }

  test('and then taken -> then bounded runs, the same waits, creates that are counted on, and one response', async () => {
    const { result, runs, sentMs, paid } = await pastARun([busy(1, 205)], {});
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    expect(runs).toHaveLength(3);
    expect(paid).toEqual([206]);
    const gaps = sentMs.slice(7).map((at, i) => Math.floor((at - (sentMs[i + 6] ?? 0)) / 1000));
    // Without a cache replays come on top of each wait.
    const longest = UNCACHED ? 63 : 60;
    expect(gaps.filter((seconds) => seconds < 60 || seconds > longest)).toEqual([]);
  });

  test('after one that was lost, and before another that is -> then both are named, and no third is paid', async () => {
    const faults = [lost(1), busy(2, MANY), lost(MANY + 1)];
    const { result, sentMs, paid } = await pastARun(faults, {});
    expect(result).toMatchObject({ status: 'unknown', creates: 2, error: { code: 'ambiguous_create' } });
    expect(result.possibleOrphans.map(({ attempt }) => attempt)).toEqual([1, MANY + 1]);
    expect(paid).toEqual([1, MANY + 1]);
    expect(sentMs).toHaveLength(MANY + 1);
  });

  test('after one that was lost and is heard of in the next run -> then that one is adopted, and none is sent', async () => {
    let sent = 0;
    const { result, sentMs, paid } = await pastARun([lost(1), busy(2, 999)], {}, async (handle) => {
      sent = await untilNextRun(handle);
      const [first] = createsOf(world.emulator, handle.workflowId);
      await handle.signal('adoptResponse', { responseId: first?.id, attempt: 1 });
    });
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    expect(paid).toEqual([1]);
    expect(sentMs).toHaveLength(sent);
  });

  test('with a file and a changed deadline -> then it ends by that, and the file is uploaded once and deleted', async () => {
    const { result, sentMs, uploads } = await pastARun([busy(1, 999)], { files: FILES }, async (handle) => {
      await world.env.sleep('10m');
      await handle.executeUpdate('changeTask', { args: [{ maxWaitSeconds: 7_000 }] });
    });
    expect(result).toMatchObject({ status: 'timed_out', creates: 0, notCleaned: [] });
    expect(result.error?.message).toMatch(/within maxWaitSeconds \(7000\)\. Last: 429/);
    const lastSeconds = ((sentMs.at(-1) ?? NaN) - (sentMs[0] ?? NaN)) / 1000;
    expect(lastSeconds).toBeGreaterThan(6_900);
    expect(lastSeconds).toBeLessThan(7_000);
    expect([uploads, world.emulator.liveFiles()]).toEqual([1, []]);
  });

  test('and a cancel in the next run -> then cancelled, what was lost is named, and nothing is sent', async () => {
    let sent = 0;
    const { result, sentMs } = await pastARun([lost(1), busy(2, 999)], {}, async (handle) => {
      sent = await untilNextRun(handle);
      await handle.signal('cancelTask', 'enough');
    });
    expect(result).toMatchObject({ status: 'cancelled', creates: 1, cancelReason: 'enough' });
    expect(result.possibleOrphans.map(({ attempt }) => attempt)).toEqual([1]);
    expect(sentMs).toHaveLength(sent);
  });

  test('after a response that failed, with retryOn -> then the next one is made, and the first is not forgotten', async () => {
    world.emulator.setFaults([busy(2, MANY)]);
    await world.withWorker(async () => {
      const metadata = { emulator_run_seconds: '1', emulator_error_code: 'server_error' };
      const handle = await world.ask('failed', { ...LONG, retryOn: { times: 1 } }, metadata);
      const result = (await handle.result()) as TaskResult;
      expect(await runsOf(world, handle)).toHaveLength(2);
      expect(result).toMatchObject({ status: 'failed', creates: 2, possibleOrphans: [] });
      const made = createsOf(world.emulator, handle.workflowId);
      expect(made.map(({ metadata: { attempt } }) => Number(attempt))).toEqual([1, MANY + 1]);
      expect([...result.retries.map(({ responseId }) => responseId), result.responseId]).toEqual(
        made.map(({ id }) => id),
      );
    });
  });

  test('by the gate of the account -> then several runs, and that time does not count', async () => {
    const { emulator, store } = world;
    const real = createActivities({ openai: { apiKey: 'sk-test', baseURL: emulator.url }, store });
    let held = 0;
    const startResponse = (input: StartInput) => {
      if (held++ < MANY) throw ApplicationFailure.create({ type: 'AwaitPermit', message: 'The limits are reached.' });
      return real.startResponse(input);
    };
    await world.withWorker(
      async () => {
        const handle = await world.ask(
          'text',
          { inlineWaitSeconds: 0, maxWaitSeconds: 60 },
          { emulator_run_seconds: '1' },
        );
        expect(await handle.result()).toMatchObject({ status: 'completed', creates: 1 });
        expect(await runsOf(world, handle)).toHaveLength(2);
        expect(createsOf(emulator, handle.workflowId).map(({ metadata }) => metadata.attempt)).toEqual(['1']);
      },
      { ...real, startResponse },
    );
  });
});

test('given a server that asks for a new run at once -> then each run makes one create', async () => {
  const eager = await devServerWorld({ serverSettings: ['limit.historyCount.suggestContinueAsNew=2'] });
  try {
    eager.emulator.setFaults([busy(1, 2), { op: 'create', nth: 3, do: { kind: 'status', status: 400 } }]);
    await eager.withWorker(async () => {
      const handle = await eager.ask('text');
      expect(await handle.result()).toMatchObject({ status: 'rejected', creates: 0 });
      expect(await runsOf(eager, handle)).toHaveLength(3);
      expect(callsOf(eager.emulator, handle.workflowId, 'create')).toHaveLength(3);
    });
  } finally {
    await eager.close();
  }
});
