/** Creates that are refused: when they are sent again, and when no more, as the emulator's ledger saw it; time skips. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TaskOptions, TaskProgress, TaskResult } from '../src/contracts';
import { until } from './helpers/watched';
import { callsOf, createsOf, endOf, skippingWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await skippingWorld();
});
afterEach(() => world.emulator.setFaults([]));
afterAll(() => world.close());

/** Refuses this many creates. Gives the result, and whole seconds: between creates, and from the first one to the end. */
async function refused(times: number | 'all', options: TaskOptions) {
  const which = times === 'all' ? {} : { nth: { from: 1, to: times } };
  world.emulator.setFaults([{ op: 'create', ...which, do: { kind: 'status', status: 429 } }]);
  return world.withWorker(async () => {
    const handle = await world.ask('text', { inlineWaitSeconds: 0, ...options }, { emulator_run_seconds: '1' });
    const result = (await handle.result()) as TaskResult;
    const sentMs = callsOf(world.emulator, handle.workflowId, 'create').map(({ at }) => at);
    const gaps = sentMs.slice(1).map((at, i) => Math.floor((at - (sentMs[i] ?? 0)) / 1000));
    const seconds = Math.round((Date.parse(result.timings.detected ?? '') - (sentMs[0] ?? 0)) / 1000);
    return { result, gaps, seconds, paid: createsOf(world.emulator, handle.workflowId).length };
  });
}

test('given a lost create that is heard of while the next one waits -> then it is adopted at once', async () => {
  const busy = { kind: 'status' as const, status: 429, headers: { 'retry-after': '60' } };
  world.emulator.setFaults([
    { op: 'create', nth: 1, do: { kind: 'drop', accept: true } },
    { op: 'create', nth: { from: 2, to: 99 }, do: busy },
  ]);
  await world.withWorker(async () => {
    const handle = await world.ask('text', { pollIntervalsSeconds: [45] }, { emulator_run_seconds: '1' });
    const sent = () => callsOf(world.emulator, handle.workflowId, 'create');
    // Its wait of a second.
    await world.env.sleep('2s');
    await until(() => sent().length === 2);
    const [lost] = createsOf(world.emulator, handle.workflowId);
    await handle.signal('adoptResponse', { responseId: 'resp_of_another_create', attempt: 3 });
    await handle.signal('adoptResponse', { responseId: lost?.id, attempt: 1 });
    const result = (await handle.result()) as TaskResult;
    expect(result).toMatchObject({ status: 'completed', responseId: lost?.id, possibleOrphans: [] });
    expect(sent()).toHaveLength(2);
    const [look] = callsOf(world.emulator, handle.workflowId, 'retrieve');
    expect((look?.at ?? Infinity) - (sent()[1]?.at ?? 0)).toBeLessThan(30_000);
  });
});

describe('given a server that refuses creates', () => {
  test('and takes the ninth -> then waits of 1, 2, 4 ... s that end at 60, and one response', async () => {
    const { result, gaps, paid } = await refused(8, {});
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    expect(paid).toBe(1);
  });

  test('until the deadline -> then the task ends at that moment, and no create is sent after it', async () => {
    const { result, gaps, seconds, paid } = await refused('all', { maxWaitSeconds: 100 });
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32]);
    expect(result).toMatchObject({ status: 'timed_out', creates: 0, error: { code: 'max_wait_seconds' } });
    expect(result.error?.message).toMatch(/^No response could be created within maxWaitSeconds \(100\)\. Last: 429/);
    // From the first create, which comes a moment after the start.
    expect(seconds).toBeLessThanOrEqual(100);
    expect(seconds).toBeGreaterThan(95);
    expect(paid).toBe(0);
  });
});

/** The task has continued as new: what comes between two runs is for the second one. */
describe('given a run that begins after a create that was lost', () => {
  async function begin() {
    const taskId = uniqueId('next-run');
    const metadata = { emulator_run_seconds: '1', task_id: taskId, attempt: '1' };
    const request = { model: 'o3', input: 'A prompt.', metadata };
    const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };
    const body = JSON.stringify({ ...request, background: true });
    const reply = await fetch(`${world.emulator.url}/responses`, { method: 'POST', headers, body });
    const { id: lostId } = (await reply.json()) as { id: string };
    const possibleOrphans = [{ taskId, attempt: 1, at: new Date().toISOString(), reason: 'a test' }];
    const carried = { attempts: 1, creates: 1, possibleOrphans, responseId: null } as unknown as TaskProgress;
    return { lostId, handle: await world.start({ request, options: { inlineWaitSeconds: 0 }, carried }, taskId) };
  }

  async function begun(act: (handle: WorkflowHandle, lostId: string) => Promise<unknown>) {
    const { handle, lostId } = await begin();
    await act(handle, lostId);
    const { result, execution } = await world.withWorker(() => endOf(handle));
    return { result, execution, lostId, made: createsOf(world.emulator, handle.workflowId).map(({ id }) => id) };
  }

  test('and nothing else -> then its page says that it creates', async () => {
    world.emulator.setFaults([{ op: 'create', nth: 2, do: { kind: 'delay', ms: 1_500 } }]);
    const { handle } = await begin();
    await world.withWorker(async () => {
      await until(() => createsOf(world.emulator, handle.workflowId).length === 2);
      const details = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
      expect(details).toContain('create and first looks under way');
      await handle.terminate();
    });
  });

  test('and a cancel -> then cancelled, the lost one is named, and nothing is sent', async () => {
    const { result, made } = await begun((handle) => handle.signal('cancelTask', 'enough'));
    expect(result).toMatchObject({ status: 'cancelled', cancelReason: 'enough', possibleOrphans: [{ attempt: 1 }] });
    expect(made).toHaveLength(1);
  });

  test("and Temporal's cancel -> then the same, and it closes as cancelled", async () => {
    const { result, execution, made } = await begun((handle) => handle.cancel());
    expect([result.status, execution]).toEqual(['cancelled', 'CANCELLED']);
    expect(made).toHaveLength(1);
  });

  test('and the offer of the lost one -> then that is gone on with, and nothing is sent', async () => {
    const offer = (handle: WorkflowHandle, responseId: string) =>
      handle.signal('adoptResponse', { responseId, attempt: 1 });
    const { result, lostId, made } = await begun(offer);
    expect(result).toMatchObject({ status: 'completed', responseId: lostId, creates: 1, possibleOrphans: [] });
    expect(made).toEqual([lostId]);
  });
});
