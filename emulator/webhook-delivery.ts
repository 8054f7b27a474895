/** What happens to one webhook when its moment has come: it is sent, kept back, lost or given up. */
import { isWebhookFault } from './fault-moments';
import type { FaultPlan, WebhookFault } from './faults';
import { metadataOf } from './scenarios';
import type { Store } from './store';
import type { StoredResponse } from './types';
import type { WebhookEndpoint } from './webhook-endpoints';
import { eventIdOf, nextTryMs, webhookEventOf, type RunEnd } from './webhook-events';
import type { WebhookRow } from './webhook-log';
import { post } from './webhook-post';

export interface DeliveryState {
  store: Store;
  plan: FaultPlan;
  now: () => Promise<number>;
  stopping: AbortSignal;
}

export interface Delivery {
  /** `webhook-id`. */
  id: string;
  response: StoredResponse;
  end: RunEnd;
  url: string;
  /** The fault that has kept it back: no other is asked for. */
  heldBy: WebhookFault | null;
}

/** What comes next: another try, a wait for another webhook to the same address, or nothing. */
export interface Result {
  next: { atMs: number } | 'held' | 'over';
  wasSent: boolean;
}

const taskOf = ({ response }: Delivery): string | null => metadataOf(response.request).task_id ?? null;

function rowOf({ store }: DeliveryState, delivery: Delivery): WebhookRow {
  const { id, response, end, url } = delivery;
  const fresh: WebhookRow = {
    id,
    eventId: eventIdOf(response, end),
    event: end.type,
    responseId: response.id,
    task: taskOf(delivery),
    url,
    at: end.atMs,
    attempts: [],
    outcome: 'pending',
  };
  return store.webhooks.rows.get(id) ?? fresh;
}

function pick({ plan }: DeliveryState, delivery: Delivery): WebhookFault | undefined {
  const fault = plan.pick({ op: 'webhook', task: taskOf(delivery), applies: isWebhookFault });
  return fault && isWebhookFault(fault) ? fault : undefined;
}

/** Sends it, more than once where a fault wants it so. */
async function send(
  state: DeliveryState,
  delivery: Delivery,
  endpoint: WebhookEndpoint,
  fault: WebhookFault | undefined,
): Promise<WebhookRow> {
  const { id, response, end } = delivery;
  const event = webhookEventOf(response, end);
  const times = fault?.kind === 'webhook_duplicate' ? 1 + (fault.times ?? 1) : 1;
  let row = rowOf(state, delivery);
  for (let time = 0; time < times; time++) {
    const at = await state.now();
    const status = await post({ id, event, endpoint, fault }, state.stopping);
    if (state.stopping.aborted) return row;
    const isTaken = status !== null && status >= 200 && status < 300;
    const attempts = [...row.attempts, { at, status, fault: fault?.kind ?? null }];
    row = { ...row, attempts, outcome: isTaken ? 'delivered' : row.outcome };
    state.store.write({ kind: 'webhook', row });
  }
  return row;
}

function close(state: DeliveryState, row: WebhookRow, outcome: 'lost' | 'given_up'): Result {
  state.store.write({ kind: 'webhook', row: { ...row, outcome } });
  return { next: 'over', wasSent: false };
}

/** Carries out what is due. Without an endpoint it is given up. */
export async function deliver(
  state: DeliveryState,
  delivery: Delivery,
  endpoint: WebhookEndpoint | undefined,
  nowMs: number,
): Promise<Result> {
  const row = rowOf(state, delivery);
  if (!endpoint) return close(state, row, 'given_up');
  const fault = delivery.heldBy ?? pick(state, delivery);
  if (fault?.kind === 'webhook_lost') return close(state, row, 'lost');
  if (row.attempts.length === 0) state.store.write({ kind: 'webhook', row });
  if (!delivery.heldBy && (fault?.kind === 'webhook_delay' || fault?.kind === 'webhook_reorder')) {
    delivery.heldBy = fault;
    const isLate = fault.kind === 'webhook_delay';
    return { next: isLate ? { atMs: nowMs + fault.seconds * 1000 } : 'held', wasSent: false };
  }
  delivery.heldBy = null;
  const { attempts, outcome } = await send(state, delivery, endpoint, fault);
  if (outcome === 'delivered') return { next: 'over', wasSent: true };
  const atMs = nextTryMs(delivery.response, delivery.end, attempts.length, attempts.at(-1)?.at ?? nowMs);
  return atMs === null ? close(state, rowOf(state, delivery), 'given_up') : { next: { atMs }, wasSent: true };
}
