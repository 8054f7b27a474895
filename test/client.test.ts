/** The library against a server, the emulator and a worker: joining, reading what ended in any way, asking for changes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DurableResponses } from '../src/client';
import { StillRunningError, TaskEndedError, UnreachableError, UsageError } from '../src/client';
import type { TaskInput, TaskStatusView } from '../src/contracts';
import { connectTo } from './helpers/clients';
import { eventually } from './helpers/embedded';
import { createsOf, devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

let world: World;
let client: DurableResponses;
let worker: ReturnType<typeof keepWorking>;

beforeAll(async () => {
  world = await devServerWorld();
  client = await connectTo(world);
  worker = keepWorking(world);
});

afterAll(async () => {
  await worker.stop();
  await client.close();
  await world.close();
});

const request = (metadata: Record<string, string>): TaskInput => ({
  request: { model: 'o3', input: 'Why do otters hold hands?', metadata },
});
const QUICK = request({ emulator_queued_seconds: '0', emulator_run_seconds: '0' });
const SLOW = request({ emulator_scenario: 'slow' });

/** Runs for ever, and its response is known. */
async function startSlow(): Promise<string> {
  const { id } = await client.startTask(SLOW, { id: uniqueId('slow') });
  await eventually('it is created', () => createsOf(world.emulator, id).length === 1);
  return id;
}

const finished = async (task: TaskInput): Promise<string> => {
  const { id } = await client.startTask(task);
  await client.result(id);
  return id;
};

describe('starting', () => {
  it('attachTask -> watches the response, under an id made of it, and creates none', async () => {
    const responseId = (await client.result(await finished(QUICK))).responseId ?? '';
    const creates = world.emulator.ledger().creates.length;
    const { id } = await client.attachTask(responseId, { options: { priority: 'low' } });
    expect(id).toBe(`attach-${responseId}`);
    expect(await client.result(id)).toMatchObject({ status: 'completed', responseId, creates: 0 });
    expect(world.emulator.ledger().creates).toHaveLength(creates);
  });

  it('an id that is taken by a batch -> UsageError, nothing joined', async () => {
    const id = uniqueId('batch');
    await client.startBatch({ items: [{ id: 'a', task: QUICK }] }, { id });
    await expect(client.startTask(QUICK, { id })).rejects.toThrow(`${id}: is a batch, no task`);
    await expect(client.result(id)).rejects.toThrow(UsageError);
    expect((await client.batchResult(id)).counts).toEqual({ completed: 1 });
    await expect(client.batchResult(`${id}/a`)).rejects.toThrow(`${id}/a: is a task, no batch`);
  });

  it('a batch and an item whose ids are too long together -> UsageError', async () => {
    const items = [{ id: 'i'.repeat(120), task: QUICK }];
    await expect(client.startBatch({ items }, { id: 'b'.repeat(120) })).rejects.toThrow('cannot be an id');
  });

  it('a task that is not valid -> UsageError, and no workflow of that id', async () => {
    const id = uniqueId('bad');
    await expect(client.startTask({ request: { model: 'o3', input: '' } }, { id })).rejects.toThrow(UsageError);
    await expect(client.status(id)).rejects.toThrow('no such task, batch or report');
  });

  it('all labels at their bounds -> started, with a summary and details that the server takes', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`${i}`.padEnd(64, 'é'), '模'.repeat(512)] as const),
    );
    const { id } = await client.startTask({ ...QUICK, options: { labels } });
    expect((await client.result(id)).status).toBe('completed');
    const { memo } = await client.temporal.workflow.getHandle(id).describe();
    expect(memo).toMatchObject({ labels });
  });
});

describe('what ended', () => {
  it('terminated -> TaskEndedError with the id; not counted or listed as running any more', async () => {
    const id = await startSlow();
    await client.temporal.workflow.getHandle(id).terminate('by hand');
    const failure = client.result(id);
    await expect(failure).rejects.toThrow(TaskEndedError);
    await expect(failure).rejects.toThrow(`${id} ended without a result`);
    const running = async () =>
      (await client.list({ status: 'queued' })).concat(await client.list({ status: 'in_progress' }));
    await eventually('the store knows', async () => (await client.summary()).terminated === 1);
    expect((await running()).map((task) => task.id)).not.toContain(id);
    expect((await client.list()).find((task) => task.id === id)).toMatchObject({ execution: 'TERMINATED' });
    const { byStatus } = await client.summary();
    expect((byStatus['queued'] ?? 0) + (byStatus['in_progress'] ?? 0)).toBe((await running()).length);
  });

  it("cancelled by Temporal's own cancel -> the result all the same", async () => {
    const id = await startSlow();
    await client.temporal.workflow.getHandle(id).cancel();
    expect(await client.result(id)).toMatchObject({ taskId: id, status: 'cancelled', notCleaned: [] });
    expect(await client.cancel(id)).toBe(false);
  });

  it('a workflow of another kind -> UsageError that names its type', async () => {
    const workflowId = uniqueId('other');
    await client.temporal.workflow.start('somethingElse', { workflowId, taskQueue: 'nobody' });
    await expect(client.status(workflowId)).rejects.toThrow('is a workflow of type "somethingElse"');
    await expect(client.cancel(workflowId)).rejects.toThrow(UsageError);
  });
});

describe('answers that stayed upstream', () => {
  const large: TaskInput = { ...QUICK, options: { maxOutputBytes: 0 } };

  it('result -> fetched by the id of the response', async () => {
    const result = await client.result(await finished(large));
    expect(result.outputOmitted).toBe(false);
    expect(result.outputText).toContain('otters');
    expect(result.output?.length).toBeGreaterThan(0);
  });

  it('upstream is away -> UnreachableError', async () => {
    const away = await connectTo(world, { environment: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' } });
    const id = await finished(large);
    await expect(away.result(id)).rejects.toThrow(UnreachableError);
    await expect(away.result(id)).rejects.toThrow(/its large answer \(response resp_\w+\) could not be fetched/);
    await away.close();
  });

  it('no key and no emulator -> UnreachableError, and the real API is not asked', async () => {
    const without = await connectTo(world, { environment: { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' } });
    await expect(without.result(await finished(large))).rejects.toThrow('The answer is in the local emulator');
    await without.close();
  });
});

describe('while it runs', () => {
  it('timeoutMs -> StillRunningError; the task goes on', async () => {
    const id = await startSlow();
    await expect(client.result(id, { timeoutMs: 50 })).rejects.toThrow(StillRunningError);
    expect(await client.status(id)).toMatchObject({ kind: 'task', execution: 'RUNNING', view: { taskId: id } });
    await client.cancel(id);
  });

  it('changeTask -> another deadline, and it ends by it; afterwards UsageError', async () => {
    const id = await startSlow();
    await expect(client.changeTask(id, { maxWaitSeconds: 0 })).rejects.toThrow(/^maxWaitSeconds: expected/);
    await expect(client.changeTask(id, { maxWait: 5 } as object)).rejects.toThrow(/^maxWait: unknown change; /);
    const before = await client.changeTask(id, { maxWaitSeconds: 60 });
    const after = await client.changeTask(id, { maxWaitSeconds: 1 });
    expect(Date.parse(before.deadlineAt) - Date.parse(after.deadlineAt)).toBe(59_000);
    expect((await client.result(id)).status).toBe('timed_out');
    await expect(client.changeTask(id, { maxWaitSeconds: 60 })).rejects.toThrow(`${id}: has ended`);
    await expect(client.lookNow(id)).rejects.toThrow(`${id}: has ended`);
  });

  it('lookNow -> one more look at once', async () => {
    const { id } = await client.startTask({ ...SLOW, options: { pollIntervalsSeconds: [600] } });
    await eventually('it watches', () => createsOf(world.emulator, id).length === 1);
    await eventually('it looked', async () => {
      await client.lookNow(id);
      const { view } = await client.status(id);
      return view !== null && 'polls' in view && view.polls > 0;
    });
    await client.cancel(id);
  });

  it('changeTask while a look waits inside its activity -> it comes back at once, which is no failure', async () => {
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '300' };
    const options = { pollIntervalsSeconds: [5], inlineWaitSeconds: 5 };
    const { id } = await client.startTask({ request: { model: 'o3', input: 'A long one.', metadata }, options });
    await eventually('the create', () => createsOf(world.emulator, id).length === 1);
    const beganMs = Date.now();
    await client.changeTask(id, { pollIntervalsSeconds: [4] });
    const view = async () => (await client.status(id)).view as TaskStatusView | null;
    await eventually('it watches', async () => (await view())?.phase === 'watching');
    // By itself it would have come back after 15 s.
    expect(Date.now() - beganMs).toBeLessThan(10_000);
    await client.changeTask(id, { pollIntervalsSeconds: [3] });
    expect(await view()).toMatchObject({ phase: 'watching', lastError: null });
    await client.cancel(id);
    expect(await client.result(id)).toMatchObject({ status: 'cancelled', creates: 1 });
  });

  it('nobody on its task queue -> workers is 0, status has no view, and changeTask gives up within ten seconds', async () => {
    const lonely = await connectTo(world, { taskQueue: 'nobody' });
    const { id } = await lonely.startTask(QUICK);
    expect([await lonely.workers(), await client.workers()]).toEqual([0, 1]);
    expect(await lonely.status(id)).toMatchObject({ execution: 'RUNNING', taskStatus: 'queued', view: null });
    const began = Date.now();
    await expect(lonely.changeTask(id, { maxWaitSeconds: 5 })).rejects.toThrow(UnreachableError);
    expect(Date.now() - began).toBeLessThan(10_000);
    await lonely.close();
  });
});
