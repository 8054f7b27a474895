/** Whether a fault could show at a request: one that shows only at certain moments is kept for them. */
import type { Call } from './call';
import { idIn, type ApiContext } from './context';
import type { Fault, StreamFault, WebhookFault } from './faults';
import { statusAt } from './lifecycle';
import { openStream } from './stream-requests';
import { checkCreate } from './validate';

export const isStreamFault = (fault: Fault): fault is StreamFault => fault.kind.startsWith('stream_');

export const isWebhookFault = (fault: Fault): fault is WebhookFault => fault.kind.startsWith('webhook_');

/** The number that the reader of a stream has; null where no stream will come. */
function startOf(context: ApiContext, call: Call, nowMs: number): number | null {
  try {
    if (call.op === 'stream') return openStream(context, call, nowMs).stream?.startingAfter ?? null;
    if (call.op !== 'create') return null;
    checkCreate(call.json);
    return call.json.stream === true ? -1 : null;
  } catch {
    return null;
  }
}

/** Not of a reader that has the event already. */
function couldSpoil(fault: StreamFault, start: number | null): boolean {
  if (start === null) return false;
  const number = 'event' in fault ? fault.event : 'after' in fault ? fault.after : undefined;
  return number === undefined || number > start || (number === -1 && start === -1);
}

/** Nothing can go back to `in_progress` that has not completed. */
export function couldShow(context: ApiContext, call: Call, nowMs: number, fault: Fault): boolean {
  if (isStreamFault(fault)) return couldSpoil(fault, startOf(context, call, nowMs));
  if (isWebhookFault(fault)) return false;
  if (fault.kind !== 'regress' && fault.kind !== 'not_found' && fault.kind !== 'late_completion') return true;
  const response = context.store.responses.get(idIn(call));
  if (!response) return false;
  if (fault.kind === 'not_found') return nowMs < response.createdAtMs + fault.forSeconds * 1000;
  if (fault.kind === 'late_completion') return call.op === 'cancel';
  return call.op === 'retrieve' && statusAt(response, nowMs) === 'completed';
}
