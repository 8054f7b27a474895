/** A worker with so much protection, as a process of its own: `node worker.js MODE ADDRESS EMULATOR_URL STORE`. */
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { folderStore } from '../../src/store';
import { createWorker } from '../../src/worker';
import { encryptionOf, MODES, storageOf } from './modes';

async function main(): Promise<void> {
  const [asked, address = '', baseURL = '', storeDir = ''] = process.argv.slice(2);
  const mode = MODES.find((one) => one === asked) ?? 'none';
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const openai = { apiKey: 'sk-bench', baseURL };
  const worker = await createWorker({
    connection,
    openai,
    encryption: encryptionOf(mode),
    store: folderStore(storeDir),
    worker: { dataConverter: storageOf(mode, storeDir) },
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
