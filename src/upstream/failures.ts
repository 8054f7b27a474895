/** Anything that an upstream call can throw, as one `UpstreamFault`. Pure. */
// Of all of the client only this: a command that never talks to the API should not wait for the rest.
import { messageOf } from '../errors';
import { APIConnectionError, APIError, APIUserAbortError } from 'openai/error';
import type { FaultType, UpstreamFault } from '../contracts';
import { AddressRefusedError } from '../network/address-refused';
import { NotConnectedError } from '../network/not-connected';
import { redact } from '../security/redact';
import { retryAfterSeconds } from './retry-after';

/** An answer with HTTP 200 that is not what the API promises. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Codes of `error.code` (HTTP 429) that only a payment or a new limit can end. */
const BILLING_CODES = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_hard_limit_reached',
]);

/**
 * System errors that happen before a request is sent, so that a create was certainly not accepted; of connections that
 * are not ours (a `fetch` or a `dispatcher` of the user's own). Ours say so themselves, whatever went wrong.
 */
const NOT_SENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ADDRESS_REFUSED',
  'PROXY_REFUSED',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The client's error class with its type parameters bound; unbound they are `any`. */
type ApiError = APIError<number | undefined, Headers | undefined>;

type Verdict = Pick<UpstreamFault, 'type' | 'retryable' | 'maybeAccepted'>;

const verdict = (type: FaultType, retryable: boolean, maybeAccepted = false): Verdict => ({
  type,
  retryable,
  maybeAccepted,
});

/** An error and what is below it, from the outside in: fetch wraps what really happened in `cause`. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let e = error; e instanceof Error && chain.length < 6; e = e.cause) chain.push(e);
  return chain;
}

/** The words of the HTTP client for a proxy that opens no tunnel. */
const PROXY_ANSWER = /^Proxy response \((\d{3})\)/;

function systemCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (const e of chainOf(error)) {
    // An API's message, or a host's name, may have any word in it.
    if (e instanceof APIError) continue;
    if (PROXY_ANSWER.test(e.message)) codes.push('PROXY_REFUSED');
    else if ('code' in e && typeof e.code === 'string') codes.push(e.code);
    if (e instanceof AggregateError) codes.push(...e.errors.flatMap(systemCodes));
    // The words of Node's fetch.
    if (/unexpected redirect/i.test(e.message)) codes.push('REDIRECT');
  }
  return codes;
}

function judgeStatus(error: ApiError, writtenByApi: boolean): Verdict {
  const status = Number(error.status);
  const billing = BILLING_CODES.has(error.code ?? '') || error.type === 'insufficient_quota';
  if (status === 429) return billing ? verdict('Upstream.Rejected', false) : verdict('Upstream.RateLimited', true);
  if (status === 401 || status === 403) return verdict('Upstream.Auth', false);
  if (status === 404) return verdict('Upstream.NotFound', false);
  if (error.code === 'conversation_locked' || status === 409) return verdict('Upstream.RateLimited', true);
  // A 5xx that the API wrote is a refusal; one of a gateway in between may hide an accepted create.
  if (status >= 500 || status === 408) return verdict('Upstream.Unavailable', true, !writtenByApi || status === 408);
  return verdict('Upstream.Rejected', false);
}

/** An `error` event in a stream: the HTTP status was 200, so what a create asked for may exist. */
function judgeEvent(error: ApiError): Verdict {
  const billing = BILLING_CODES.has(error.code ?? '') || error.type === 'insufficient_quota';
  return billing ? verdict('Upstream.Rejected', false, true) : verdict('Upstream.Unavailable', true, true);
}

/** The deadline of the call ended it: before the headers the client says so, in the body the stream does. */
function isAbort(error: unknown): boolean {
  return error instanceof APIUserAbortError || (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name));
}

const isNotConnected = (error: Error): boolean => error instanceof NotConnectedError;

function judge(error: unknown): Verdict {
  if (error instanceof ProtocolError || error instanceof SyntaxError) return verdict('Upstream.Protocol', true, true);
  const codes = systemCodes(error);
  if (codes.includes('REDIRECT')) return verdict('Upstream.Protocol', false);
  const sent = !codes.some((code) => NOT_SENT_CODES.has(code)) && !chainOf(error).some(isNotConnected);
  if (error instanceof APIConnectionError || isAbort(error) || codes.length > 0) {
    return verdict('Upstream.Unavailable', true, sent);
  }
  if (error instanceof APIError && error.status === undefined) return judgeEvent(error as ApiError);
  if (error instanceof APIError) return judgeStatus(error as ApiError, isApiBody(error.error));
  return verdict('Upstream.Protocol', true, true);
}

/** The body that the API itself writes for an error, as opposed to a gateway's page. */
function isApiBody(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'message' in body && 'type' in body;
}

function describe(error: unknown, codes: string[]): string {
  if (isAbort(error)) return 'No whole answer within the deadline of the call.';
  for (const e of chainOf(error)) {
    if (e instanceof AddressRefusedError) return e.message;
    const status = e instanceof APIError ? undefined : PROXY_ANSWER.exec(e.message)?.[1];
    if (status !== undefined) return `The proxy opened no connection (HTTP ${status}): look at HTTPS_PROXY.`;
  }
  const message = messageOf(error);
  return codes.length > 0 ? `${message} (${[...new Set(codes)].join(', ')})` : message;
}

/**
 * Classifies what an upstream call threw. `maybeAccepted` is about creates: true when a response may have been created
 * although its id did not reach us (lost reply, deadline, unreadable 200, a gateway's 5xx).
 * Sources: error codes guide of the API; `responses` section of the official client (retries are ours, not its).
 */
export function toFault(error: unknown, nowMs: number, secrets: readonly string[] = []): UpstreamFault {
  const api = error instanceof APIError ? (error as ApiError) : undefined;
  const codes = systemCodes(error);
  return {
    ...judge(error),
    message: redact(describe(error, codes), secrets),
    httpStatus: typeof api?.status === 'number' ? api.status : null,
    // Written by the other side, so it may be anything.
    code: typeof api?.code === 'string' ? redact(api.code, secrets) : (codes[0] ?? null),
    requestId: api?.requestID ?? null,
    retryAfterSeconds: retryAfterSeconds(api?.headers, nowMs),
  };
}
