/** A response that a task goes on with although it never had its id from a create: who looks still hides its secrets. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import type { CheckInput, TaskResult } from '../src/contracts';
import { quotingRequest } from './helpers/quoting';
import { responseOf } from './helpers/webhooks';
import { createsOf, devServerWorld, uniqueId, type World } from './helpers/world';
import { startWorkerProcess } from './helpers/worker-process';

const TOKEN = 'canary-of-a-lost-create';

let world: World;
beforeAll(async () => {
  world = await devServerWorld({
    callDeadlineMs: 2_000,
    secrets: (name) => (name === 'LOST_TOKEN' ? TOKEN : undefined),
  });
});
afterAll(() => world.close());

/** A task whose create is accepted and not answered; its response fails with words that quote the token. */
async function lost(): Promise<WorkflowHandle> {
  const id = uniqueId('adopted');
  world.emulator.setFaults([{ op: 'create', task: id, times: 1, do: { kind: 'hang', accept: true } }]);
  const request = quotingRequest('secret://LOST_TOKEN');
  return world.start({ request, options: { pollIntervalsSeconds: [1], inlineWaitSeconds: 0 } }, id);
}

/** As the receiver of webhooks tells the task. */
async function hear(task: WorkflowHandle): Promise<void> {
  await task.signal('adoptResponse', { responseId: await responseOf(world, task.workflowId), attempt: 1 });
}

async function lookedWith(task: WorkflowHandle): Promise<CheckInput> {
  const { events } = await task.fetchHistory();
  const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: of }) => (of ? [of] : [])) ?? [];
  const input = scheduled.find(({ activityType }) => activityType?.name === 'checkResponse')?.input?.payloads?.[0];
  return JSON.parse(Buffer.from(input?.data ?? '{}').toString()) as CheckInput;
}

// First, while this process has not heard of the token yet.
test('given a worker that is killed at the create -> then another one, which never had the token, hides it', async () => {
  const first = await startWorkerProcess(world, { LOST_TOKEN: TOKEN });
  const task = await lost();
  await hear(task);
  await first.kill();
  const result = (await world.withWorker(() => task.result())) as TaskResult;
  expect(result).toMatchObject({
    status: 'failed',
    creates: 1,
    possibleOrphans: [],
    error: { message: 'refused ***' },
  });
  expect(createsOf(world.emulator, task.workflowId)).toHaveLength(1);
}, 60_000);

test('given a reply that never comes -> then whoever looks at the response is told the names', async () => {
  await world.withWorker(async () => {
    const task = await lost();
    await hear(task);
    expect(await task.result()).toMatchObject({ creates: 1, possibleOrphans: [], error: { message: 'refused ***' } });
    expect((await lookedWith(task)).plan.secretNames).toEqual(['LOST_TOKEN']);
  });
});
