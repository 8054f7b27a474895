/** A worker of one program, as a process of its own: `node worker.js ours|others ADDRESS EMULATOR_URL STORE CACHE`. */
import { Worker } from '@temporalio/worker';
import { folderStore } from '../src/store';
import { createUpstream } from '../src/upstream';
import { createWorker } from '../src/worker';
import { createBenchActivities } from './activities';
import { workAsProcess } from './worker-process';

/** The same slots and cache for every program, or the comparison would be about settings. */
const SETTINGS = {
  maxConcurrentActivityTaskExecutions: 1000,
  maxConcurrentWorkflowTaskExecutions: 40,
};

const [program, address = '', baseURL = '', storeDir = '', cached = '1000'] = process.argv.slice(2);
const maxCachedWorkflows = Number(cached);
const store = folderStore(storeDir);
const openai = { apiKey: 'sk-bench', baseURL };

workAsProcess(address, (connection) =>
  program === 'ours'
    ? createWorker({ connection, taskQueue: 'bench-ours', openai, encryption: 'off', store, maxCachedWorkflows })
    : Worker.create({
        ...SETTINGS,
        maxCachedWorkflows,
        connection,
        taskQueue: 'bench-others',
        workflowsPath: require.resolve('./workflows'),
        activities: createBenchActivities(createUpstream(openai)),
      }),
);
