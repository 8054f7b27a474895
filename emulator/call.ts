/** A request as it comes from the socket. */
import type { IncomingMessage } from 'node:http';
import type { Request } from './context';
import { ApiError } from './errors';
import { routeOf, type Op } from './routes';

export interface Call extends Request {
  op: Op | 'other';
  headers: IncomingMessage['headers'];
  /** Why it cannot be served, where that is known without a look at anything else. */
  problem?: ApiError;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Reads a body to its end. Of one that is too large nothing is kept, so that the answer can still be sent. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= maxBytes) chunks.push(chunk);
  }
  return sizeBytes > maxBytes ? null : Buffer.concat(chunks);
}

function parseJson(contentType: string, body: Buffer): unknown {
  if (!contentType.includes('json') || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function pathOf(pathname: string): string[] | null {
  const parts = /^\/(?:openai\/)?v1\/(.*)$/.exec(pathname)?.[1];
  try {
    return parts === undefined ? null : parts.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** @throws when the client goes away before it has said everything. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = 'GET', headers } = request;
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://emulator');
  const path = pathOf(pathname) ?? [];
  const op = routeOf(method, path, query);
  const body = await readBody(request);
  const contentType = headers['content-type'] ?? '';
  const json = body ? parseJson(contentType, body) : undefined;
  const call = { op, path, query, contentType, headers, body: body ?? Buffer.alloc(0), json };
  if (body === null) return { ...call, problem: new ApiError(413, 'Request body too large.') };
  return op === 'other' ? { ...call, problem: new ApiError(404, `Invalid URL (${method} ${pathname})`) } : call;
}
