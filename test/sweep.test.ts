/** Tasks whose workflow was ended without its cleanup: what they left upstream is found and cancelled; judged by the ledger. */
import { ServiceError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sweep, type Leftover, type SweepReport } from '../src/client/sweep';
import { findOrphans } from '../src/client/orphans';
import type { RunEvent } from '../src/client/run-events';
import { traceOf } from '../src/client/trace';
import { isServerAway, whyUnread } from '../src/client/unread';
import type { TaskProgress, TaskStatusView } from '../src/contracts';
import { unreadableTask } from './helpers/clients';
import { eventually } from './helpers/embedded';
import { responseOf, SPARSE, sparseTask, upstreamOf } from './helpers/webhooks';
import { createsOf, devServerWorld, stillRunning, uniqueId, type World } from './helpers/world';

let world: World;

beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

const SLOW = { emulator_scenario: 'slow' };
const run = (cancel: boolean): Promise<SweepReport> => sweep(world.client, upstreamOf(world), { cancel });
const of = (report: SweepReport, taskId: string): Leftover[] => report.leftovers.filter((one) => one.taskId === taskId);

/** The visibility store is a moment behind. */
const listed = (taskId: string) =>
  eventually(`${taskId} is listed as ended`, async () => {
    const query = `WorkflowId = '${taskId}' AND ExecutionStatus = 'Terminated'`;
    return (await world.client.workflow.count(query)).count > 0;
  });

/** As a program starts it that leaves the package's client out: the request is an argument of the workflow. */
function largeTask(id?: string) {
  const request = { model: 'o3', input: 'x'.repeat(300_000), metadata: SLOW };
  return world.start({ request, options: SPARSE }, id);
}

async function terminated(start = () => sparseTask(world, SLOW)): Promise<{ taskId: string; responseId: string }> {
  const task = await start();
  const responseId = await responseOf(world, task.workflowId);
  await eventually('the task knows it', async () => {
    return (await task.query<TaskStatusView>('taskStatus')).responseId === responseId;
  });
  await task.terminate('by hand');
  return { taskId: task.workflowId, responseId };
}

test('given a terminated task -> then a sweep names its response and changes nothing; with cancel it ends it', async () => {
  const { taskId, responseId } = await world.withWorker(() => terminated());
  await listed(taskId);
  // No worker runs: the history is enough.
  const dry = await run(false);
  expect(of(dry, taskId)).toMatchObject([{ responseId, state: 'to_cancel', execution: 'TERMINATED' }]);
  expect(world.emulator.ledger().cancels).toEqual([]);
  expect(await stillRunning(world.emulator)).toContain(responseId);
  expect(of(await run(true), taskId)).toMatchObject([{ responseId, state: 'cancelled' }]);
  expect(world.emulator.ledger().cancels.map(({ id }) => id)).toEqual([responseId]);
  expect(await stillRunning(world.emulator)).not.toContain(responseId);
  const again = await run(true);
  expect(of(again, taskId)).toEqual([]);
  expect(again.ended).toBeGreaterThan(0);
  expect(world.emulator.ledger().cancels, 'harmless when repeated').toHaveLength(1);
});

test('given a terminated task whose request lies in the store -> then its response is named, and ended', async () => {
  const { taskId, responseId } = await world.withWorker(() => terminated(largeTask));
  await listed(taskId);
  expect(of(await run(false), taskId)).toMatchObject([{ responseId, state: 'to_cancel' }]);
  expect(of(await run(true), taskId)).toMatchObject([{ responseId, state: 'cancelled' }]);
  expect(await stillRunning(world.emulator)).not.toContain(responseId);
});

test.each([
  ['one', (id: string) => sparseTask(world, SLOW, {}, id)],
  ['one with a request in the store', largeTask],
])('given %s that was terminated while its create was under way -> then its attempt is named', async (_, start) => {
  const id = uniqueId('under-way');
  world.emulator.setFaults([{ op: 'create', task: id, times: 1, do: { kind: 'delay', ms: 3_000 } }]);
  await world.withWorker(async () => {
    const task = await start(id);
    await responseOf(world, id);
    await task.terminate('by hand');
  });
  await listed(id);
  const [found] = of(await run(false), id);
  expect(found).toMatchObject({ responseId: null, state: 'unknown' });
  expect(found?.detail).toContain('create 1: it was under way when the workflow ended');
  const orphans = await findOrphans(world.client, () => Promise.resolve(upstreamOf(world)), {});
  expect(orphans.orphans.filter(({ taskId }) => taskId === id)).toMatchObject([
    { attempt: 1, execution: 'TERMINATED', responseId: null, upstreamStatus: null },
  ]);
});

test('given one that was terminated during the first looks of its create -> then its response is named', async () => {
  const id = uniqueId('looking');
  await world.withWorker(async () => {
    const task = await sparseTask(world, SLOW, { pollIntervalsSeconds: [1], inlineWaitSeconds: 5 }, id);
    await eventually('its id is in a heartbeat', async () => {
      const [pending] = (await task.describe()).raw.pendingActivities ?? [];
      return Buffer.from(pending?.heartbeatDetails?.payloads?.[0]?.data ?? '').includes('"created"');
    });
    await task.terminate('by hand');
  });
  await listed(id);
  const [{ id: responseId } = {}] = createsOf(world.emulator, id);
  expect(of(await run(true), id)).toMatchObject([{ responseId, state: 'cancelled' }]);
  expect(await stillRunning(world.emulator)).not.toContain(responseId);
});

test('given one that had continued as new after two lost creates -> then both are named, and what is known of them', async () => {
  const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };
  const id = uniqueId('continued');
  const request = { model: 'o3', input: 'x', metadata: { ...SLOW, task_id: id } };
  const body = JSON.stringify({ ...request, background: true });
  const made = await fetch(`${world.emulator.url}/responses`, { method: 'POST', headers, body });
  const { id: responseId } = (await made.json()) as { id: string };
  const lost = { taskId: id, at: new Date().toISOString(), reason: 'a reply that was lost' };
  const possibleOrphans = [
    { ...lost, attempt: 1 },
    { ...lost, attempt: 2, responseId },
  ];
  const carried = { attempts: 2, creates: 2, possibleOrphans } as TaskProgress;
  // No worker: the run does not come to anything.
  await (await world.start({ request, carried }, id)).terminate('by hand');
  await listed(id);
  const found = of(await run(false), id);
  expect(found).toMatchObject([
    { responseId, state: 'to_cancel' },
    { responseId: null, state: 'unknown' },
  ]);
  expect(found[1]?.detail).toContain('create 1: a reply that was lost');
});

test('given a terminated task whose response is watched by another -> then it is left', async () => {
  await world.withWorker(async () => {
    const { taskId, responseId } = await terminated();
    const options = { pollIntervalsSeconds: [3600], inlineWaitSeconds: 0 };
    const watcher = await world.start({ attach: { responseId }, options }, `attach-${responseId}`);
    await listed(taskId);
    const [found] = of(await run(true), taskId);
    expect(found).toMatchObject({ responseId, state: 'left' });
    expect(await stillRunning(world.emulator)).toContain(responseId);
    await watcher.signal('cancelTask');
    await watcher.result();
  });
});

test('given a terminated task that had only attached to a response -> then it is left', async () => {
  await world.withWorker(async () => {
    const owner = await sparseTask(world, SLOW);
    const responseId = await responseOf(world, owner.workflowId);
    const options = { pollIntervalsSeconds: [3600], inlineWaitSeconds: 0 };
    const watcher = await world.start({ attach: { responseId }, options });
    await watcher.terminate('by hand');
    await listed(watcher.workflowId);
    expect(of(await run(true), watcher.workflowId)).toMatchObject([{ responseId, state: 'left' }]);
    expect(await stillRunning(world.emulator)).toContain(responseId);
    await owner.signal('cancelTask');
    await owner.result();
  });
});

test('given a run that was reset and goes on -> then the response of the terminated run is not touched', async () => {
  await world.withWorker(async () => {
    const task = await sparseTask(world, SLOW);
    const responseId = await responseOf(world, task.workflowId);
    await eventually(
      'the task waits',
      async () => (await task.query<TaskStatusView>('taskStatus')).nextLookAt !== null,
    );
    const { workflowService } = world.client.connection;
    const { events } = await task.fetchHistory();
    const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
    await workflowService.resetWorkflowExecution({
      namespace: world.client.options.namespace,
      workflowExecution: { workflowId: task.workflowId, runId: task.firstExecutionRunId },
      reason: 'a test',
      requestId: uniqueId('reset'),
      workflowTaskFinishEventId: completed.at(-1)?.eventId,
    });
    await listed(task.workflowId);
    expect(of(await run(true), task.workflowId)).toEqual([]);
    expect(await stillRunning(world.emulator)).toContain(responseId);
    const goesOn = world.client.workflow.getHandle(task.workflowId);
    await goesOn.signal('cancelTask');
    await goesOn.result();
    expect(createsOf(world.emulator, task.workflowId)).toHaveLength(1);
  });
});

test('given a run that cannot be read among others -> then it is named, and what was cancelled is told', async () => {
  const { taskId, responseId } = await world.withWorker(() => terminated());
  const unreadable = await unreadableTask(world);
  await Promise.all([taskId, unreadable].map(listed));
  const report = await run(true);
  expect(of(report, unreadable)).toMatchObject([{ execution: 'TERMINATED', responseId: null, state: 'failed' }]);
  expect(of(report, unreadable)[0]?.detail).toMatch(/^could not be read: .*encrypted/);
  expect(of(report, taskId)).toMatchObject([{ responseId, state: 'cancelled' }]);
});

test('given creates that were held back, and requests in the store -> then they are counted as the task counts', () => {
  const event = { at: null, values: [undefined], activity: null, failureType: null };
  const events: RunEvent[] = ['5', '11', '17'].flatMap((scheduledId, i): RunEvent[] => [
    { ...event, kind: 'scheduled', scheduledId, activity: 'startResponse' },
    { ...event, kind: 'failed', scheduledId, failureType: i === 1 ? 'AwaitPermit' : 'Upstream.AmbiguousCreate' },
  ]);
  expect(traceOf(events, []).lost.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

describe('why a run could not be read', () => {
  const refused = (code: number) => Object.assign(new Error('of gRPC'), { code, details: 'it said no', metadata: {} });
  test.each([
    ['the server is away', new ServiceError('Failed', { cause: refused(14) }), true, 'it said no'],
    ['the server knows it no more', refused(5), false, 'it said no'],
    ['it is not JSON', new SyntaxError('Unexpected token: "Dear diary"'), false, 'a payload of its history is no JSON'],
    ['it has a key in it', new Error('no sk-secret-1234567'), false, 'no sk-***'],
  ])('given that %s -> then that is known, and nothing of what was read is told', (_, error, isAway, why) => {
    expect([isServerAway(error), whyUnread(error)]).toEqual([isAway, why]);
  });
});
