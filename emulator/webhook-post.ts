/** One attempt at a webhook: signed and sent, or spoilt and sent. */
import { Webhook } from 'standardwebhooks';
import { isIP } from 'node:net';
import { guardedDispatcher } from '../src/network/dispatcher';
import { reachOf } from '../src/network/url-policy';
import type { WebhookFault } from './faults';
import { sha256 } from './scenarios';
import type { WebhookEndpoint } from './webhook-endpoints';
import type { WebhookEvent } from './webhook-events';

const USER_AGENT = 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)';

/** Who has not answered by then has not taken it. */
const ANSWER_MS = 10_000;

type Garbage = Extract<WebhookFault, { kind: 'webhook_garbage' }>['body'];

function garbage(kind: Garbage, event: WebhookEvent): string {
  switch (kind) {
    case 'cut':
      return JSON.stringify(event).slice(0, 20);
    case 'empty':
      return '';
    case 'html':
      return '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';
    case 'null':
      return 'null';
    case 'wrong_types':
      return JSON.stringify({ ...event, type: 7, data: [event.data.id] });
    case 'unknown_type':
      return JSON.stringify({ ...event, type: 'response.emulated' });
    case 'unknown_response':
      return JSON.stringify({ ...event, data: { id: `resp_${sha256(event.id).slice(0, 48)}` } });
  }
}

export interface Post {
  /** `webhook-id`. */
  id: string;
  event: WebhookEvent;
  endpoint: WebhookEndpoint;
  fault: WebhookFault | undefined;
}

/** Signed with the machine's time and not the emulator's: a receiver compares it with its own. */
function signed({ id, event, endpoint, fault }: Post): { body: string; headers: Record<string, string> } {
  const body = fault?.kind === 'webhook_garbage' ? garbage(fault.body, event) : JSON.stringify(event);
  const offMs = fault?.kind === 'webhook_timestamp' ? fault.seconds * 1000 : 0;
  const time = new Date(Date.now() + offMs);
  const forged = `whsec_${Buffer.from(sha256(endpoint.secret), 'hex').toString('base64')}`;
  const signer = new Webhook(fault?.kind === 'webhook_forged' ? forged : endpoint.secret);
  return {
    body,
    headers: {
      'user-agent': USER_AGENT,
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
      'webhook-signature': signer.sign(id, time, body),
    },
  };
}

/** A name may be found at another address than it seems to have; an address has been checked. */
function guarded(url: URL): RequestInit {
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return {};
  return { dispatcher: guardedDispatcher({ reach: reachOf(url, []), proxy: {} }) };
}

/** Sends it; gives the status of the answer, or null for none. Redirects are not followed. */
export async function post(attempt: Post, stopping: AbortSignal): Promise<number | null> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS).unref();
  try {
    const signal = AbortSignal.any([late.signal, stopping]);
    const { url } = attempt.endpoint;
    const init: RequestInit = { method: 'POST', ...signed(attempt), redirect: 'manual', signal };
    const reply = await fetch(url, { ...init, ...guarded(new URL(url)) });
    await reply.body?.cancel();
    return reply.status;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
