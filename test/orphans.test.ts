/** Creates whose reply is lost, with a receiver of webhooks: adopted, named, or cancelled; judged by the emulator's ledger. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TaskOptions, TaskResult, TaskStatusView } from '../src/contracts';
import { findOrphans } from '../src/client/orphans';
import { unreadableTask } from './helpers/clients';
import { eventually } from './helpers/embedded';
import { SECRET } from './helpers/receiver';
import { eventFor, ownReceiver, send, sparseTask, upstreamOf, type OwnReceiver } from './helpers/webhooks';
import { createsOf, devServerWorld, keepWorking, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;
let worker: ReturnType<typeof keepWorking>;
let own: OwnReceiver | undefined;

beforeAll(async () => {
  world = await devServerWorld({ callDeadlineMs: 3_000 });
  worker = keepWorking(world);
});
afterAll(async () => {
  await worker.stop();
  await world.close();
});
afterEach(async () => {
  world.emulator.setFaults([]);
  await world.emulator.setWebhooks([]);
  await own?.close();
});

const QUICK = { emulator_queued_seconds: '0', emulator_run_seconds: '0.2' };
const SLOW = { emulator_scenario: 'slow' };

async function receiving(orphans: 'cancel' | 'keep' = 'cancel'): Promise<OwnReceiver> {
  own = await ownReceiver(world, { orphans });
  await world.emulator.setWebhooks([{ url: own.url, secret: SECRET }]);
  return own;
}

/** The reply to the first create of each of these tasks is lost after it was accepted. */
const loseReplies = (ids: string[], kind: 'drop' | 'hang' = 'drop') =>
  world.emulator.setFaults(ids.map((task) => ({ op: 'create', task, times: 1, do: { kind, accept: true } })));

const lostTask = async (metadata: Record<string, string>, options?: TaskOptions, kind: 'drop' | 'hang' = 'drop') => {
  const id = uniqueId('lost');
  loseReplies([id], kind);
  return sparseTask(world, metadata, options, id);
};

describe('a create whose reply was lost', () => {
  test('given runs that end while the reply is waited for, 20 of them -> then each is adopted, none paid twice', async () => {
    await receiving();
    const ids = Array.from({ length: 20 }, () => uniqueId('lost'));
    loseReplies(ids, 'hang');
    const tasks = await Promise.all(ids.map((id) => sparseTask(world, QUICK, {}, id)));
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    for (const result of results) {
      expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
      expect(createsOf(world.emulator, result.taskId).map(({ id }) => id)).toEqual([result.responseId]);
    }
    expect(own?.counts.read()).toEqual({ offered: 20 });
  });

  test('given runs that end within the wait before the next create, 20 of them -> then each is adopted or named', async () => {
    await receiving();
    const ids = Array.from({ length: 20 }, () => uniqueId('lost'));
    loseReplies(ids);
    const tasks = await Promise.all(ids.map((id) => sparseTask(world, QUICK, {}, id)));
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    let adopted = 0;
    for (const { taskId, status, responseId, creates, possibleOrphans } of results) {
      expect(status).toBe('completed');
      const told = [responseId, ...possibleOrphans.map((orphan) => orphan.responseId)].sort();
      expect(
        createsOf(world.emulator, taskId)
          .map(({ id }) => id)
          .sort(),
      ).toEqual(told);
      if (creates === 1) adopted++;
    }
    // How many are heard of within that second depends on the machine.
    expect(adopted).toBeGreaterThan(0);
  });

  test('given runs that still go on when they are named, 10 of them -> then each is cancelled and named, its task ends', async () => {
    const { url, counts } = await receiving();
    const ids = Array.from({ length: 10 }, () => uniqueId('lost'));
    loseReplies(ids);
    const longer = { emulator_queued_seconds: '0', emulator_run_seconds: '8' };
    const tasks = await Promise.all(ids.map((id) => sparseTask(world, longer, {}, id)));
    const kept = async (task: (typeof tasks)[number]) =>
      (await task.query<TaskStatusView>('taskStatus').catch(() => null))?.responseId ?? null;
    const named = tasks.map(async (task) => {
      await eventually('it has another response', async () => (await kept(task)) !== null);
      const [orphan] = createsOf(world.emulator, task.workflowId);
      expect((await world.emulator.statuses())[orphan?.id ?? '']).toBe('in_progress');
      expect(await send(url, { body: eventFor(orphan?.id ?? '') })).toBe(204);
    });
    await Promise.all(named);
    expect(counts.read()).toMatchObject({ orphan_cancelled: 10 });
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    const statuses = await world.emulator.statuses();
    for (const { taskId, status, responseId, possibleOrphans } of results) {
      const [orphan, own] = createsOf(world.emulator, taskId).map(({ id }) => id);
      expect([status, responseId, possibleOrphans.map((one) => one.responseId)]).toEqual(['completed', own, [orphan]]);
      expect([statuses[orphan ?? ''], statuses[own ?? '']]).toEqual(['cancelled', 'completed']);
    }
  });

  test('given onAmbiguousCreate fail and a run that ends first -> then it is adopted in place of `unknown`', async () => {
    await receiving();
    // Its reply hangs until the deadline of the call, and the run ends meanwhile.
    const id = uniqueId('lost');
    loseReplies([id], 'hang');
    const result = (await (await sparseTask(world, QUICK, { onAmbiguousCreate: 'fail' }, id)).result()) as TaskResult;
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
  });

  test('given another response by then -> then the task keeps that, and its result names the orphan', async () => {
    const { counts } = await receiving();
    const longer = { emulator_queued_seconds: '0', emulator_run_seconds: '3' };
    const task = await lostTask(longer);
    const result = (await task.result()) as TaskResult;
    const [orphan, kept] = createsOf(world.emulator, task.workflowId);
    expect(result).toMatchObject({ status: 'completed', responseId: kept?.id, creates: 2 });
    expect(result.possibleOrphans).toMatchObject([{ attempt: 1, responseId: orphan?.id }]);
    expect(counts.read()).toMatchObject({ orphan_named: 1 });
    const report = await findOrphans(world.client, () => Promise.resolve(upstreamOf(world)), {});
    expect(report.orphans.filter(({ taskId }) => taskId === task.workflowId)).toMatchObject([
      { attempt: 1, execution: 'COMPLETED', responseId: orphan?.id, upstreamStatus: 'completed' },
    ]);
  });

  test('given a task that cannot be read -> then it is named as unread, and the others are told', async () => {
    const task = await lostTask(QUICK, { onAmbiguousCreate: 'fail' });
    await task.result();
    const unreadable = await unreadableTask(world);
    await eventually('it is listed', async () => {
      return (
        (await world.client.workflow.count(`WorkflowId = '${unreadable}' AND ExecutionStatus = 'Terminated'`)).count > 0
      );
    });
    const report = await findOrphans(world.client, () => Promise.resolve(upstreamOf(world)), {});
    expect(report.unread).toEqual([unreadable]);
    expect(report.orphans.map(({ taskId }) => taskId)).toContain(task.workflowId);
  });

  test('given a cancel while the orphan is known -> then it is cancelled upstream, too', async () => {
    const { url } = await receiving();
    const task = await lostTask(SLOW, {}, 'hang');
    await eventually('it was sent', () => createsOf(world.emulator, task.workflowId).length > 0);
    const [orphan] = createsOf(world.emulator, task.workflowId);
    // The message says more than is true: it runs. The task adopts it, looks, and goes on watching.
    expect(await send(url, { body: eventFor(orphan?.id ?? '') })).toBe(204);
    await eventually('it is adopted', async () => {
      return (await task.query<TaskStatusView>('taskStatus')).responseId === orphan?.id;
    });
    await task.signal('cancelTask');
    expect(await task.result()).toMatchObject({ status: 'cancelled', responseId: orphan?.id, notCleaned: [] });
    expect((await world.emulator.statuses())[orphan?.id ?? '']).toBe('cancelled');
  });
});

describe('a response that runs and that no task wants', () => {
  async function endedWithOrphan(): Promise<{ taskId: string; orphan: string }> {
    const task = await lostTask(SLOW, { onAmbiguousCreate: 'fail' });
    expect(await task.result()).toMatchObject({ status: 'unknown', creates: 1 });
    return { taskId: task.workflowId, orphan: createsOf(world.emulator, task.workflowId)[0]?.id ?? '' };
  }

  test('given its task has ended without it -> then it is cancelled, once, and the log says so', async () => {
    const { url, counts, lines } = await receiving();
    const { taskId, orphan } = await endedWithOrphan();
    const body = eventFor(orphan);
    expect(await send(url, { body })).toBe(204);
    expect(counts.read().orphan_cancelled).toBe(1);
    expect(world.emulator.ledger().cancels.filter(({ id }) => id === orphan)).toHaveLength(1);
    expect(await stillRunning(world.emulator)).not.toContain(orphan);
    const line = lines.find((one) => one.includes('orphan_cancelled')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ level: 'WARN', taskId, responseId: orphan });
  });

  test('given DURABLE_RESPONSES_ORPHANS=keep -> then it is left running, and counted', async () => {
    const { url, counts } = await receiving('keep');
    const { orphan } = await endedWithOrphan();
    expect(await send(url, { body: eventFor(orphan) })).toBe(204);
    expect(counts.read().orphan_kept).toBe(1);
    expect(await stillRunning(world.emulator)).toContain(orphan);
  });

  test('given a task that watches it -> then it is left running', async () => {
    const { url } = await receiving();
    const { orphan } = await endedWithOrphan();
    const options = { pollIntervalsSeconds: [3600], inlineWaitSeconds: 0 };
    const watcher = await world.start({ attach: { responseId: orphan }, options }, `attach-${orphan}`);
    expect(await send(url, { body: eventFor(orphan) }), 'its own task cannot see the end').toBe(503);
    expect(world.emulator.ledger().cancels.map(({ id }) => id)).not.toContain(orphan);
    await watcher.signal('cancelTask');
    await watcher.result();
  });

  test('given a response with the id of a task that lost no such create -> then it is left alone', async () => {
    const { url, counts } = await receiving();
    const task = await sparseTask(world, QUICK);
    await task.result();
    const reply = await fetch(`${world.emulator.url}/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'o3',
        input: 'Of another environment with the same ids.',
        background: true,
        metadata: { ...SLOW, task_id: task.workflowId, attempt: '1' },
      }),
    });
    const { id } = (await reply.json()) as { id: string };
    expect(await send(url, { body: eventFor(id) })).toBe(204);
    expect(counts.read().another_response).toBe(1);
    expect(await stillRunning(world.emulator)).toContain(id);
  });
});
