/** A program that is a worker and nothing else, started by a benchmark that waits for `ready`. */
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';

async function run(address: string, make: (connection: NativeConnection) => Promise<Worker>): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await make(connection);
  if (process.send) {
    // Whoever started it is gone. It would work for the next server at this address.
    process.once('disconnect', () => process.exit(1));
    process.send('ready');
  } else console.log('ready');
  await worker.run();
  await connection.close();
}

/** Runs the worker until it is stopped, and ends this process. */
export function workAsProcess(address: string, make: (connection: NativeConnection) => Promise<Worker>): void {
  run(address, make).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
