/** The connection of a worker to its Temporal server. */
import { NativeConnection } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable, type ResolvedTemporal } from './connection';

/** A server that is started again is there within a second. */
const RETRY_MS = 250;

/**
 * Connects as a worker does. That connection's first call is not tried again by the SDK, and the server may be started
 * again between a client's answer and this: it is tried until `endMs`, a moment of `Date.now()`.
 *
 * @throws UnreachableError naming the address and the last reason.
 */
export async function connectWorker(found: ResolvedTemporal, endMs: number): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect(found.connectionOptions);
    } catch (error) {
      if (Date.now() + RETRY_MS > endMs) throw unreachable(found, error);
    }
    await sleep(RETRY_MS);
  }
}
