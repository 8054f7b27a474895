/** A worker with so much protection, as a process of its own: `node worker.js MODE ADDRESS EMULATOR_URL STORE`. */
import { folderStore } from '../../src/store';
import { createWorker } from '../../src/worker';
import { workAsProcess } from '../worker-process';
import { encryptionOf, MODES, storageOf } from './modes';

const [asked, address = '', baseURL = '', storeDir = ''] = process.argv.slice(2);
const mode = MODES.find((one) => one === asked) ?? 'none';

workAsProcess(address, (connection) =>
  createWorker({
    connection,
    openai: { apiKey: 'sk-bench', baseURL },
    encryption: encryptionOf(mode),
    store: folderStore(storeDir),
    worker: { dataConverter: storageOf(mode, storeDir) },
  }),
);
