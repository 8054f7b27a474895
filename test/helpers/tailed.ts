/** A world with clients that watch tasks, and responses made to be streamed. */
import { DurableResponses } from '../../src/client';
import { loadConfig } from '../../src/config';
import { reaching } from './embedded';
import type { World } from './world';

/** A client as another program would have it. */
export function connectTo({ env, emulator, store }: World): Promise<DurableResponses> {
  const reached = { ...reaching(env), OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: emulator.url };
  const config = loadConfig({ HOME: '/nowhere', DURABLE_RESPONSES_DATA_DIR: '/nowhere', ...reached });
  return DurableResponses.connect({ config, store });
}

/**
 * A response that was created with `stream` outside of any task, so that all its streams are those of viewers.
 *
 * @returns Its id.
 */
export async function streamable({ emulator }: World, metadata: Record<string, string>, more: object = {}) {
  const body = { model: 'o3', input: 'Why do otters hold hands?', background: true, stream: true, metadata, ...more };
  const reply = await fetch(`${emulator.url}/responses`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await reply.body?.cancel();
  const created = emulator.ledger().creates.at(-1);
  if (reply.status !== 200 || !created) throw new Error(`The create was answered with ${reply.status}.`);
  return created.id;
}
