/** A worker with a bundle of its own, in a process: `bundle-worker.mjs BUNDLE ADDRESS UPSTREAM STORE`, forked. */
import { workAsProcess } from '../../lib/bench/worker-process.js';
import { folderStore } from '../../lib/src/store/index.js';
import { createWorker } from '../../lib/src/worker.js';

const [codePath, address, baseURL, storeDir] = process.argv.slice(2);

workAsProcess(address, (connection) =>
  createWorker({
    connection,
    encryption: 'off',
    openai: { apiKey: 'sk-test', baseURL },
    store: folderStore(storeDir),
    limits: { maxInFlight: 120 },
    worker: { workflowBundle: { codePath } },
  }),
);
