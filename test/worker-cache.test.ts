/** A worker without a cache of workflows, by the setting and by the option: it works, from histories alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskResult } from '../src/contracts';
import { createWorker } from '../src/worker';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, WORKFLOW_BUNDLE, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

const begin = () => world.ask('text', { pollIntervalsSeconds: [0.3], inlineWaitSeconds: 0 });

test('given maxCachedWorkflows 0 -> then tasks with several looks complete', async () => {
  const { nativeConnection: connection } = world.env;
  const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
  const rest = { store: world.blobs, worker: { workflowBundle: WORKFLOW_BUNDLE } };
  const worker = await createWorker({ connection, openai, encryption: 'off', maxCachedWorkflows: 0, ...rest });
  await worker.runUntil(async () => {
    const tasks = await Promise.all([begin(), begin()]);
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    expect(results.map(({ status }) => status)).toEqual(['completed', 'completed']);
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
