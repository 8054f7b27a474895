/** Crash points in the receiver of webhooks: loaded before it, since it has no options for this. */
import { crashFromEnv } from './crash';

const crash = crashFromEnv();
const plain = globalThis.fetch;

/** Of upstream it wants nothing but GETs, and cancels of orphans. */
globalThis.fetch = async (input, init) => {
  crash.reached('receiver-unasked');
  const reply = await plain(input, init);
  crash.reached('receiver-asked');
  return reply;
};
