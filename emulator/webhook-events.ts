/** What webhooks say, and when: pure. */
import type {
  ResponseCancelledWebhookEvent,
  ResponseCompletedWebhookEvent,
  ResponseFailedWebhookEvent,
  ResponseIncompleteWebhookEvent,
} from 'openai/resources/webhooks/webhooks';
import { endsAtMs } from './lifecycle';
import { sha256 } from './scenarios';
import type { StoredResponse } from './types';

export type WebhookEvent =
  | ResponseCompletedWebhookEvent
  | ResponseFailedWebhookEvent
  | ResponseCancelledWebhookEvent
  | ResponseIncompleteWebhookEvent;

export type WebhookType = WebhookEvent['type'];

export const WEBHOOK_TYPES = [
  'response.completed',
  'response.failed',
  'response.cancelled',
  'response.incomplete',
] as const satisfies readonly WebhookType[];

/** An end of a run. */
export interface RunEnd {
  type: WebhookType;
  atMs: number;
}

/** The ends of a run: none of one without `background` or of one that is stuck, two of one that completes after a cancel. */
export function runEndsOf(response: StoredResponse): RunEnd[] {
  const { request, cancelledAtMs, script } = response;
  if (request.background !== true) return [];
  const scripted: RunEnd = { type: `response.${script.ending.status}`, atMs: endsAtMs(response) };
  const ends: RunEnd[] = script.isEndless ? [] : [scripted];
  if (cancelledAtMs === null) return ends;
  return [{ type: 'response.cancelled', atMs: cancelledAtMs }, ...(script.lateCompletion ? ends : [])];
}

const hexOf = (...parts: string[]): string => sha256(parts.join('/')).slice(0, 32);

/** The same for all addresses, and after a restart. */
export const eventIdOf = ({ id }: StoredResponse, { type }: RunEnd): string => `evt_${hexOf(id, type)}`;

/** The same in all attempts, and after a restart. */
export const webhookIdOf = ({ id }: StoredResponse, { type }: RunEnd, url: string): string =>
  `wh_${hexOf(id, type, url)}`;

/**
 * Thin: who wants more has to look.
 * @see https://platform.openai.com/docs/api-reference/webhook-events
 */
export const webhookEventOf = (response: StoredResponse, end: RunEnd): WebhookEvent => ({
  id: eventIdOf(response, end),
  object: 'event',
  created_at: Math.floor(end.atMs / 1000),
  type: end.type,
  data: { id: response.id },
});

const FIRST_WAIT_MS = 5_000;
const LAST_TRY_MS = 72 * 3600_000;

/**
 * When to try again after so many attempts: 5 s after the first, then twice as long each time, for 72 hours; null for never
 * again. Divided by the time scale of the run.
 * @see https://platform.openai.com/docs/guides/webhooks
 */
export function nextTryMs({ pace }: StoredResponse, end: RunEnd, attempts: number, lastMs: number): number | null {
  const scale = pace?.timeScale ?? 1;
  const nextMs = lastMs + (FIRST_WAIT_MS * 2 ** (attempts - 1)) / scale;
  return nextMs > end.atMs + LAST_TRY_MS / scale ? null : nextMs;
}
