/** Clients as other programs would have them. */
import { Client } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { DurableResponses, type ConnectOptions } from '../../src/client';
import { loadConfig } from '../../src/config';
import { encryptedDataConverter } from '../../src/security/data-converter';
import { reaching } from './embedded';
import { uniqueId, type World } from './world';

/** A task that was terminated, and whose history is encrypted with a key that nobody has any more. Gives its id. */
export async function unreadableTask({ env }: World): Promise<string> {
  const dataConverter = encryptedDataConverter({ keys: [{ id: 'gone', key: randomBytes(32) }] }, 'default');
  const client = new Client({ connection: env.connection, dataConverter });
  const options = { taskQueue: 'nobody', workflowId: uniqueId('unreadable'), args: [{}] };
  const { workflowId } = await client.workflow.start('responseTask', options);
  await client.workflow.getHandle(workflowId).terminate('by hand');
  return workflowId;
}

interface ClientOptions extends Omit<ConnectOptions, 'config'> {
  /** On top of the variables that reach everything. */
  environment?: Record<string, string>;
}

/** Connects to a world, with nothing of this machine. Close it when done. */
export function connectTo(
  { env, emulator, blobs }: World,
  { environment, ...options }: ClientOptions = {},
): Promise<DurableResponses> {
  const config = loadConfig({
    HOME: '/nowhere',
    DURABLE_RESPONSES_DATA_DIR: '/nowhere',
    ...reaching(env),
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: emulator.url,
    ...environment,
  });
  return DurableResponses.connect({ config, store: blobs, ...options });
}
