/** Tasks that wait for a webhook, and those that choose: what wakes them, what stands behind it, what it costs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskResult, TaskStatusView } from '../src/contracts';
import { begin, eventsOf, isFollowed, ledgerOf, tookMs, until } from './helpers/watched';
import { devServerWorld, endOf, skippingWorld, type World } from './helpers/world';

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
      // The signal, 5 s, 65 s, 15 minutes, 75 minutes; then the deadline.
      expect(result).toMatchObject({ status: 'timed_out', polls: 6 });
    });
  });

  test('given a signal early in the create -> then it is not forgotten', async () => {
    world.emulator.setFaults([{ op: 'create', do: { kind: 'delay', ms: 1_500 } }]);
    await world.withWorker(async () => {
      const handle = await run(1);
      await until(() => ledgerOf(world, handle.workflowId).creates.length === 1);
      await handle.signal('lookNow');
      const result = (await handle.result()) as TaskResult;
      const took = tookMs(world, result.taskId);
      expect(took).toBeLessThan(60_000);
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

describe('auto', () => {
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

  test('given a run that gets five minutes old -> then its slot is handed on, and the same run is polled', async () => {
    // Of a server whose clock is behind: what it creates now is almost five minutes old for us.
    const late = await devServerWorld({ emulator: { clock: { now: () => Date.now() - 298_000 } } });
    try {
      await late.withWorker(async () => {
        const handle = await begin(late, { options: AUTO, metadata: { emulator_run_seconds: '5' } });
        const fallbacks = [{ from: 'stream', to: 'poll', reason: 'the run is too old for a stream' }];
        expect(await handle.result()).toMatchObject({ status: 'completed', watched: { mode: 'poll', fallbacks } });
        const { streams, creates, cancels } = ledgerOf(late, handle.workflowId);
        expect([creates.length, cancels.length]).toEqual([1, 0]);
        expect(streams.at(-1)).toMatchObject({ op: 'stream', outcome: 'left' });
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
});
