/** Whether a webhook comes from somebody who knows the secret. */
import OpenAI, { InvalidWebhookSignatureError } from 'openai';
import type { IncomingHttpHeaders } from 'node:http';
import { rememberKeys } from '../security/hidden-values';

/** A message that is not taken. Its words are for tests: who sent it learns nothing but a status. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';

  /** @param kind `malformed`: no message of this kind. `unsigned`: by somebody else, or too old or too new. */
  constructor(
    readonly kind: 'malformed' | 'unsigned',
    message: string,
  ) {
    super(message);
  }
}

/** Gives the id and the content of a message that is genuine. @throws WebhookRefused */
export type WebhookVerifier = (
  body: Uint8Array,
  headers: IncomingHttpHeaders,
) => Promise<{ id: string; content: unknown }>;

/** Without a dot: it separates the id from the timestamp in what is signed. */
const ID = /^[A-Za-z0-9_-]{1,200}$/;
/** The official client reads the digits at the beginning and lets anything follow. */
const TIMESTAMP = /^[0-9]{1,12}$/;
/** HMAC-SHA256 in Base64, in the one way to write it. The official client would take one without a version, too. */
const SIGNATURE = /^v1,[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
/** More than anybody has keys; each costs an HMAC for each secret. */
const MAX_SIGNATURES = 8;

function header(headers: IncomingHttpHeaders, name: string, pattern: RegExp): string {
  const value = headers[name];
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new WebhookRefused('malformed', `${name} is missing or has another form`);
}

function signatures(headers: IncomingHttpHeaders): string {
  const all = header(headers, 'webhook-signature', /^\S/).split(' ');
  const usable = all.filter((one) => SIGNATURE.test(one));
  if (usable.length === 0) throw new WebhookRefused('unsigned', 'webhook-signature has no signature of version 1');
  return usable.slice(0, MAX_SIGNATURES).join(' ');
}

/** As it was sent: what is no UTF-8 would be signed as something else than it is. */
function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new WebhookRefused('malformed', 'the body is no UTF-8');
  }
}

/**
 * Checks the signature over the raw bytes and the time (300 s either way) with the official client, after the forms of
 * the headers, which it does not check.
 *
 * @param secrets Any of them may have signed: while one is replaced, both are in use.
 * @see https://www.standardwebhooks.com and `webhooks.unwrap` of the official client.
 */
export function webhookVerifier(secrets: readonly string[]): WebhookVerifier {
  rememberKeys(secrets);
  const { webhooks } = new OpenAI({ apiKey: 'none: it makes no call', logLevel: 'off' });
  return async (body, headers) => {
    const id = header(headers, 'webhook-id', ID);
    const timestamp = header(headers, 'webhook-timestamp', TIMESTAMP);
    const checked = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures(headers) };
    const text = textOf(body);
    for (const secret of secrets) {
      try {
        return { id, content: await webhooks.unwrap(text, checked, secret) };
      } catch (error) {
        if (error instanceof SyntaxError) throw new WebhookRefused('malformed', 'the body is no JSON');
        if (!(error instanceof InvalidWebhookSignatureError)) throw error;
      }
    }
    throw new WebhookRefused('unsigned', 'the signature or the time does not fit');
  };
}
