/** The worker of `npm start`, as a test build that kills itself: see `points.ts`. `CRASH_BUNDLE` is its workflow code. */
import { NativeConnection, type InjectedSinks } from '@temporalio/worker';
import { loadConfig } from '../../src/config';
import { connectClient } from '../../src/connection';
import { exitCodeOf } from '../../src/exit-code';
import { installRuntime } from '../../src/logging';
import { workerOptions } from '../../src/start';
import { cappedFetch } from '../../src/upstream/fetch';
import { createWorker } from '../../src/worker';
import { forgettingActivities } from '../broken/no-intent';
import { retryingFetch } from '../broken/sdk-retries';
import { crashingActivities, crashingStore } from './activities';
import { crashFromEnv, type Crash } from './crash';
import { crashingFetch } from './fetch';
import type { CrashSinks } from './workflows';

const sinksOf = (crash: Crash): InjectedSinks<CrashSinks> => ({
  crash: { reached: { fn: (_info, point) => crash.reached(point) } },
});

async function main(): Promise<void> {
  const config = loadConfig();
  installRuntime(config.logLevel);
  const crash = crashFromEnv();
  const server = await connectClient(config);
  await server.connection.close();
  const connection = await NativeConnection.connect(server.connectionOptions);
  const { openai, store, ...options } = workerOptions(config, server, connection);
  const { CRASH_BUNDLE: codePath = '', CHAOS_BROKEN: broken } = process.env;
  const fetch = crashingFetch(broken === 'sdk-retries' ? retryingFetch(cappedFetch()) : cappedFetch(), crash);
  const worker = await createWorker({
    ...options,
    openai: { ...openai, client: { fetch } },
    store: crashingStore(store, crash),
    worker: {
      workflowBundle: { codePath },
      sinks: sinksOf(crash),
      interceptors: {
        activity: [...(broken === 'no-intent' ? [forgettingActivities] : []), crashingActivities(crash)],
      },
    },
  });
  process.stderr.write('Worker on it.\n');
  await worker.run();
  await connection.close();
}

main().then(
  () => process.exit(),
  (error: unknown) => process.exit(exitCodeOf(error)),
);
