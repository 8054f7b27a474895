/** Tells endpoints of the ends of background runs: at least once, and in no order that could be relied on. */
import type { Alarm } from './alarm';
import { deliver, type Delivery, type DeliveryState } from './webhook-delivery';
import { parseWebhooks, type WebhookEndpoint } from './webhook-endpoints';
import { nextTryMs, runEndsOf, webhookIdOf, type RunEnd } from './webhook-events';
import type { StoredResponse } from './types';

export interface SenderState extends DeliveryState {
  alarm: Alarm;
}

export class WebhookSender {
  private endpoints: readonly WebhookEndpoint[] = [];
  /** What is still to be delivered, by `webhook-id`. */
  private readonly planned = new Map<string, Delivery>();
  /** Waiting for another one to go first. */
  private readonly held = new Set<Delivery>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly state: SenderState) {
    state.store.listen((entry) => {
      if (entry.kind === 'create') this.planFor(entry.response.id);
      else if (entry.kind === 'cancelled') this.planFor(entry.id);
    });
  }

  /** Replaces the endpoints. A new one is told of what ends from now on. @throws WebhookEndpointsError */
  async configure(endpoints: unknown): Promise<void> {
    const checked = parseWebhooks(endpoints);
    const { store, now } = this.state;
    this.endpoints = checked;
    const urls = checked.map(({ url }) => url);
    if (urls.length === 0 && store.webhooks.urls().length === 0) return;
    store.write({ kind: 'webhook_endpoints', atMs: await now(), urls });
    for (const id of store.responses.keys()) this.planFor(id);
  }

  /** The endpoints without their secrets. */
  shown(): { url: string; events?: string[] }[] {
    return this.endpoints.map(({ url, events }) => ({ url, events }));
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private planFor(responseId: string): void {
    const response = this.state.store.responses.get(responseId);
    if (!response || this.endpoints.length === 0) return;
    for (const end of runEndsOf(response)) for (const endpoint of this.endpoints) this.plan(response, end, endpoint);
  }

  private plan(response: StoredResponse, end: RunEnd, { url, events }: WebhookEndpoint): void {
    const { rows } = this.state.store.webhooks;
    const id = webhookIdOf(response, end, url);
    const row = rows.get(id);
    const isWanted = events?.includes(end.type) ?? true;
    if (!isWanted || this.planned.has(id) || (row && row.outcome !== 'pending')) return;
    // What it has been told a part of, before a restart, it is told in full.
    if (!row && !this.state.store.webhooks.isTold(url, end.atMs)) return;
    const delivery: Delivery = { id, response, end, url, heldBy: null };
    this.planned.set(id, delivery);
    const last = row?.attempts.at(-1);
    const againMs = row && last ? nextTryMs(response, end, row.attempts.length, last.at) : null;
    this.wait(delivery, againMs ?? end.atMs);
  }

  private wait(delivery: Delivery, untilMs: number): void {
    this.state.alarm.at(untilMs, (nowMs) => this.begin(delivery, nowMs));
  }

  private begin(delivery: Delivery, nowMs: number): void {
    const task = this.carryOut(delivery, nowMs)
      .catch(() => undefined)
      .finally(() => this.underWay.delete(task));
    this.underWay.add(task);
  }

  private async carryOut(delivery: Delivery, nowMs: number): Promise<void> {
    const { response, end, id, url } = delivery;
    // A cancel has come before this end.
    if (!runEndsOf(response).some(({ type, atMs }) => type === end.type && atMs === end.atMs)) {
      return void this.planned.delete(id);
    }
    response.toldUntilMs = Math.max(end.atMs, response.toldUntilMs ?? 0);
    const endpoint = this.endpoints.find((one) => one.url === url);
    const { next, wasSent } = await deliver(this.state, delivery, endpoint, nowMs);
    if (this.state.stopping.aborted) return;
    if (next === 'over') this.planned.delete(id);
    else if (next === 'held') this.held.add(delivery);
    else this.wait(delivery, next.atMs);
    if (wasSent) this.release(delivery, nowMs);
  }

  private release({ url }: Delivery, nowMs: number): void {
    for (const other of [...this.held]) {
      if (other.url !== url) continue;
      this.held.delete(other);
      this.begin(other, nowMs);
    }
  }
}
