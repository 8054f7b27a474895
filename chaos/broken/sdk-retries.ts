/** A build that is broken on purpose: upstream is called as the official client does by default, with retries of its own. */
import { setTimeout as sleep } from 'node:timers/promises';

/** As the official client has it: so many more tries, after waits of about so long. */
const RETRIES = 2;
const WAIT_MS = 500;

const isWorthIt = ({ status }: Response): boolean => [408, 409, 429].includes(status) || status >= 500;

/** Sends again what had no answer or a bad one, and says so as the official client does. */
export function retryingFetch(base: typeof fetch): typeof fetch {
  return async (input, init) => {
    for (let retry = 0; ; retry++) {
      const headers = new Headers(init?.headers);
      headers.set('x-stainless-retry-count', String(retry));
      const isLast = retry >= RETRIES || init?.signal?.aborted === true;
      try {
        const reply = await base(input, { ...init, headers });
        if (isLast || !isWorthIt(reply)) return reply;
      } catch (error) {
        if (isLast) throw error;
      }
      await sleep(WAIT_MS * 2 ** retry);
    }
  };
}
