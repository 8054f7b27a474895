/** A worker of one program, as a process of its own: `node worker.js ours|others ADDRESS EMULATOR_URL`. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createUpstream } from '../src/upstream';
import { createWorker } from '../src/worker';
import { createBenchActivities } from './activities';

/** The same slots and cache for every program, or the comparison would be about settings. */
const SETTINGS = {
  maxConcurrentActivityTaskExecutions: 1000,
  maxCachedWorkflows: 1000,
  maxConcurrentWorkflowTaskExecutions: 40,
};

async function main(): Promise<void> {
  const [program, address = '', baseURL = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const openai = { apiKey: 'sk-bench', baseURL };
  const worker =
    program === 'ours'
      ? await createWorker({ connection, taskQueue: 'bench-ours', openai, encryption: 'off' })
      : await Worker.create({
          ...SETTINGS,
          connection,
          taskQueue: 'bench-others',
          workflowsPath: require.resolve('./workflows'),
          activities: createBenchActivities(createUpstream(openai)),
        });
  process.send?.('ready');
  await worker.run();
  await connection.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
