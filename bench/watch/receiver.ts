/** The receiver of webhooks as a process, and an emulator that sends them. */
import { randomBytes } from 'node:crypto';
import type { Place } from '../scale/place';
import { KilledProgram } from '../scale/processes';

/**
 * Runs `body` beside a receiver. It is told of the ends of runs whose ids begin with one of `heard`; the others run as
 * where there is none.
 */
export async function withReceiver<T>(place: Place, heard: readonly string[], body: () => Promise<T>): Promise<T> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const env = { ...place.settings, OPENAI_WEBHOOK_SECRET: secret, DURABLE_RESPONSES_WEBHOOK_PORT: '0' };
  const receiver = new KilledProgram({ file: 'src/webhook/main.js', env, ready: /http:\S+\/webhook/ });
  const url = await receiver.start();
  try {
    const others = `/^(?!(${heard.join('|')})-)/`;
    await place.toEmulator('faults', [{ op: 'webhook', task: others, do: { kind: 'webhook_lost' } }]);
    await place.toEmulator('webhooks', [{ url, secret }]);
    return await body();
  } finally {
    await receiver.stop();
  }
}
