/** Runs without `background`: the connection is held until the end, and a client that goes away ends the run. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ok, type Answer } from './answer';
import { bodyAt } from './body';
import { endsAtMs } from './lifecycle';
import type { ServerState } from './server';
import type { StoredResponse } from './types';

/** The longest timer of Node; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

async function sleepLong(ms: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= MAX_TIMER_MS) {
    await sleep(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal });
  }
}

/** The answer at the end of the run. @throws AbortError when the client or the emulator is gone before. */
export async function awaitEnd(
  state: ServerState,
  response: StoredResponse,
  nowMs: number,
  reply: ServerResponse,
): Promise<Answer> {
  const gone = new AbortController();
  const { id, request } = response;
  const endMs = endsAtMs(response);
  const left = once(reply, 'close', { signal: gone.signal }).then(
    () => 'left' as const,
    () => 'ended' as const,
  );
  const signal = AbortSignal.any([gone.signal, state.stopping]);
  const ended = sleepLong(endMs - nowMs, signal).then(() => 'ended' as const);
  ended.catch(() => undefined);
  const first = await Promise.race([ended, left]);
  gone.abort();
  const laterMs = await state.now();
  if (first === 'left') state.store.write({ kind: 'cancelled', id, atMs: laterMs });
  const include = Array.isArray(request.include) ? request.include.map(String) : [];
  return { ...ok(bodyAt(response, Math.max(laterMs, first === 'left' ? 0 : endMs), include)), id };
}
