/** Webhooks whose moment has come: what was sent where, and with what outcome. */
import type { WebhookType } from './webhook-events';

export interface WebhookAttempt {
  at: number;
  /** What the receiver answered; null where no answer came. */
  status: number | null;
  /** The kind of the fault that decided; null for none. */
  fault: string | null;
}

export interface WebhookRow {
  /** `webhook-id`: the same in each attempt, and after a restart. */
  id: string;
  /** `id` of the event in the body. */
  eventId: string;
  event: WebhookType;
  responseId: string;
  /** `metadata.task_id` of the response. */
  task: string | null;
  url: string;
  /** When the run ended. */
  at: number;
  attempts: WebhookAttempt[];
  /** `lost`: a fault kept it back for ever. `given_up`: nobody took it for three days, or its endpoint was removed. */
  outcome: 'pending' | 'delivered' | 'lost' | 'given_up';
}

export type WebhookEntry =
  /** Rows are written whole: the last one counts. */
  | { kind: 'webhook'; row: WebhookRow }
  /** From this moment on, these addresses are told, and no others. */
  | { kind: 'webhook_endpoints'; atMs: number; urls: string[] };

export class WebhookLog {
  readonly rows = new Map<string, WebhookRow>();
  /** Since when an address is told. */
  private sinceMs = new Map<string, number>();

  apply(entry: WebhookEntry): void {
    if (entry.kind === 'webhook') this.rows.set(entry.row.id, entry.row);
    else this.sinceMs = new Map(entry.urls.map((url) => [url, this.sinceMs.get(url) ?? entry.atMs]));
  }

  /** Whether an address is told of what happens at a moment. */
  isTold(url: string, atMs: number): boolean {
    return atMs >= (this.sinceMs.get(url) ?? Infinity);
  }

  urls(): string[] {
    return [...this.sinceMs.keys()];
  }
}
