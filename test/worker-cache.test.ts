/** A worker without a cache of workflows, by the setting and by the option: it works, from histories alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskResult } from '../src/contracts';
import { createWorker } from '../src/worker';
import { allHistories, contradicted } from './helpers/determinism';
import { eventually } from './helpers/embedded';
import { itemsOf } from './helpers/recordings-batches';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, uniqueId, WORKFLOW_BUNDLE, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

const begin = () => world.ask('text', { pollIntervalsSeconds: [0.3], inlineWaitSeconds: 0 });

function workerWithoutCache() {
  const { nativeConnection: connection } = world.env;
  const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
  const rest = { store: world.blobs, worker: { workflowBundle: WORKFLOW_BUNDLE } };
  return createWorker({ connection, openai, encryption: 'off', maxCachedWorkflows: 0, ...rest });
}

test('given maxCachedWorkflows 0 -> then tasks with several looks complete', async () => {
  const worker = await workerWithoutCache();
  await worker.runUntil(async () => {
    const tasks = await Promise.all([begin(), begin()]);
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    expect(results.map(({ status }) => status)).toEqual(['completed', 'completed']);
  });
});

test('given updates of a batch just after one of its pages has ended -> then they fit the history, and it ends', async () => {
  const worker = await workerWithoutCache();
  await worker.runUntil(async () => {
    const items = [...itemsOf(2, '0.2'), ...itemsOf(4, '4').slice(2)];
    const plan = { items, concurrency: 4, options: { pollIntervalsSeconds: [0.2] } };
    const batch = await world.startBatch(plan, uniqueId('batch'), 2);
    // What an update comes next to: a workflow task about that end, without any command.
    await eventually('the batch knows that its first page has ended', async () => {
      const { events = [] } = await batch.fetchHistory();
      const isEnded = events?.some((event) => event.childWorkflowExecutionCompletedEventAttributes);
      return Boolean(isEnded && events?.at(-1)?.workflowTaskCompletedEventAttributes);
    });
    await batch.executeUpdate('pauseBatch');
    await batch.executeUpdate('setConcurrency', { args: [3] });
    await batch.executeUpdate('resumeBatch');
    expect(await batch.result()).toMatchObject({ counts: { completed: 4 } });
    expect(contradicted(await allHistories(world))).toEqual([]);
  });
});

test('given DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS=0 -> then the same of `npm start`', async () => {
  const worker = await startWorkerProcess(world, { DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS: '0' });
  try {
    expect(await (await begin()).result()).toMatchObject({ status: 'completed' });
  } finally {
    await worker.stop();
  }
});
