/** Responses made to be streamed. */
import type { World } from './world';

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
