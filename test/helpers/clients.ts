/** Clients as other programs would have them. */
import { DurableResponses, type ConnectOptions } from '../../src/client';
import { loadConfig } from '../../src/config';
import { reaching } from './embedded';
import type { World } from './world';

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
