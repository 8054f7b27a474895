/** How an answer is sent when nothing goes wrong. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Json, StoredResponse } from './types';

/** JSON that is there as bytes already: a large answer is asked for many times. */
export class JsonBytes {
  constructor(readonly bytes: Buffer) {}
}

/** What a reader of events wants to read. */
export interface StreamPlan {
  response: StoredResponse;
  /** The number of the last event that it has; -1 for none. */
  startingAfter: number;
  include: readonly string[];
  isObfuscated: boolean;
}

export interface Answer {
  status: number;
  /** A plain buffer is a file's content. */
  body: object | Buffer | JsonBytes;
  /** On top of those of every answer. */
  headers?: Record<string, string>;
  /** What was made, where something was. */
  id?: string;
  /** Sent in place of the body, where events were asked for. */
  stream?: StreamPlan;
}

export const ok = (body: object): Answer => ({ status: 200, body });

/** The headers of every answer. */
export const headersOf = (processingMs = 0): Record<string, string> => ({
  'x-request-id': `req_${randomUUID().replace(/-/g, '')}`,
  'openai-processing-ms': String(Math.round(processingMs)),
  'openai-version': '2020-10-01',
  'openai-organization': 'emulator',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-limit-tokens': '30000000',
  'x-ratelimit-remaining-tokens': '29999000',
  'x-ratelimit-reset-tokens': '2ms',
});

export function bytesOf({ body }: Answer): Buffer {
  if (body instanceof JsonBytes) return body.bytes;
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}

/** The body as a value, for faults that spoil it. */
export function jsonOf(answer: Answer | null): Json {
  if (!answer || Buffer.isBuffer(answer.body)) return {};
  return (answer.body instanceof JsonBytes ? JSON.parse(answer.body.bytes.toString('utf8')) : answer.body) as Json;
}

/** Sends an answer whole. */
export function send(reply: ServerResponse, answer: Answer, processingMs = 0): void {
  const bytes = bytesOf(answer);
  const type = Buffer.isBuffer(answer.body) ? 'application/octet-stream' : 'application/json';
  reply.writeHead(answer.status, {
    ...headersOf(processingMs),
    ...answer.headers,
    'content-type': type,
    'content-length': bytes.length,
  });
  reply.end(bytes);
}
