/** Requests for events, and what both ways of looking at a response share. Knows nothing of sockets. */
import { ok, type Answer, type StreamPlan } from './answer';
import { bodyAt } from './body';
import { idIn, type ApiContext, type Request } from './context';
import { ApiError, notFound, refuse } from './errors';
import { isGone } from './lifecycle';
import { check, integer } from './rules';
import type { Store } from './store';
import type { Json, StoredResponse } from './types';

/** An older response cannot be streamed any more; streams that are open go on. */
const STREAMABLE_MS = 5 * 60_000;

/** The stored response. @throws ApiError 404 when it never was or is gone. */
export function findResponse(store: Store, id: string, nowMs: number): StoredResponse {
  const response = store.responses.get(id);
  if (!response || isGone(response, nowMs)) throw notFound('Response', id);
  return response;
}

/** `include` of a body. */
export const includeIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** `include` of a query, with and without brackets. */
export const includeOf = (query: URLSearchParams): string[] => [
  ...query.getAll('include[]'),
  ...query.getAll('include'),
];

/** @throws ApiError 400 for a flag that is neither `true` nor `false`. */
export function checkFlags(query: URLSearchParams): void {
  for (const param of ['stream', 'include_obfuscation']) {
    if (/^(true|false)$/.test(query.get(param) ?? 'false')) continue;
    const text = `Invalid type for '${param}': expected a boolean, but got a string instead.`;
    throw refuse('invalid_type', param, text);
  }
}

function startingAfterOf(query: URLSearchParams): number {
  const text = query.get('starting_after');
  if (text === null) return -1;
  const value = /^-?\d+$/.test(text) ? Number(text) : text;
  check(value, integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), 'starting_after');
  return Number(value);
}

function checkStreamable({ request, createdAtMs }: StoredResponse, nowMs: number): void {
  const param = 'stream';
  for (const field of ['background', 'stream']) {
    if (request[field] === true) continue;
    const text = `This response cannot be streamed because it was not created with ${field}=true.`;
    throw new ApiError(400, text, { param });
  }
  if (nowMs - createdAtMs <= STREAMABLE_MS) return;
  throw new ApiError(400, 'This response can no longer be streamed because it is more than 5 minutes old', { param });
}

/**
 * `GET /v1/responses/{id}?stream=true`: what has happened after `starting_after`, then what happens.
 * @see https://platform.openai.com/docs/guides/background#streaming-a-background-response
 * @throws ApiError
 */
export function openStream({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { query } = request;
  checkFlags(query);
  const startingAfter = startingAfterOf(query);
  const response = findResponse(store, idIn(request), nowMs);
  checkStreamable(response, nowMs);
  const include = includeOf(query);
  const isObfuscated = query.get('include_obfuscation') !== 'false';
  return { ...ok(bodyAt(response, nowMs, include)), stream: { response, startingAfter, include, isObfuscated } };
}

/** The events that a create with `stream: true` is answered with. */
export function streamOfCreate(response: StoredResponse): StreamPlan {
  const { include, stream_options } = response.request;
  const isObfuscated = (stream_options as Json | null | undefined)?.include_obfuscation !== false;
  return { response, startingAfter: -1, include: includeIn(include), isObfuscated };
}
