/**
 * The HTTP side of the codec server: `POST /decode`, and nothing that encrypts. A caller has to know the token, as a
 * bearer or as the first part of the path (the Web UI can send no other secret); a browser has to show the one origin.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bodyOf, closeServer, listenOn, type ListenAt } from '../http';
import type { Decode } from './decode';

/** A page of events has 4 MB at most, and Base64 makes a third more of it. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_CONNECTIONS = 100;
/** From the first byte of a request to its last. */
const REQUEST_MS = 10_000;
/** A browser asks again before each request without it. */
const PREFLIGHT_SECONDS = 600;

export interface CodecServerOptions extends ListenAt {
  token: string;
  /** Of the Web UI; undefined where no browser may use it. */
  origin: () => string | undefined;
  decode: Decode;
}

export interface CodecServer {
  /** Without the token. */
  url: string;
  /** With the token in it: for `--ui-codec-endpoint` and `--codec-endpoint`. A secret. */
  endpoint: string;
  close(): Promise<void>;
}

type Headers = Record<string, string>;

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Hashed first: values of different lengths would be told apart by the time. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(hash(given), hash(token));

/** No words: who guesses should learn nothing from the answer. */
function answer(reply: ServerResponse, status: number, headers: Headers = {}, body?: string): void {
  reply.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(body);
}

interface Call {
  /** The last part of the path. */
  verb: string;
  token: string;
  origin: string | undefined;
}

function callOf({ url = '', headers }: IncomingMessage): Call {
  const [path = ''] = url.split('?');
  const [first = '', second, ...rest] = path.slice(1).split('/');
  const { authorization = '', origin } = headers;
  const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '';
  if (rest.length > 0) return { verb: '', token: first, origin };
  return second === undefined ? { verb: first, token: bearer, origin } : { verb: second, token: first, origin };
}

/** What lets a page of the one origin read the answer; the last is asked for by pages that are not of this machine. */
function corsHeaders(origin: string | undefined, { method, headers }: IncomingMessage): Headers {
  if (origin === undefined) return {};
  const readable = { 'access-control-allow-origin': origin, vary: 'Origin' };
  if (method !== 'OPTIONS') return readable;
  const isPrivate = headers['access-control-request-private-network'] === 'true';
  return {
    ...readable,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    'access-control-max-age': String(PREFLIGHT_SECONDS),
    ...(isPrivate ? { 'access-control-allow-private-network': 'true' } : {}),
  };
}

async function serve(request: IncomingMessage, reply: ServerResponse, options: CodecServerOptions): Promise<void> {
  const { verb, token, origin } = callOf(request);
  if (origin !== undefined && origin !== options.origin()) return answer(reply, 403);
  const cors = corsHeaders(origin, request);
  // A browser asks without the bearer, and gets no more than the names of headers.
  if (request.method === 'OPTIONS') return answer(reply, origin === undefined ? 405 : 204, cors);
  if (!isSame(token, options.token)) return answer(reply, 401);
  if (verb !== 'decode') return answer(reply, 404, cors);
  if (request.method !== 'POST') return answer(reply, 405, { allow: 'POST', ...cors });
  // What a form of a foreign page can send needs no preflight; this does.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return answer(reply, 415, cors);
  const body = await bodyOf(request, MAX_BODY_BYTES);
  if (body === null) return answer(reply, 413, cors);
  const namespace = request.headers['x-namespace'];
  const decoded = await options.decode(body, typeof namespace === 'string' ? namespace : undefined);
  if (decoded === null) return answer(reply, 400, cors);
  answer(reply, 200, { 'content-type': 'application/json', ...cors }, decoded);
}

/** Starts the server. Close it when done. @throws UsageError when the address cannot be listened on. */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS / 2 }, (request, reply) => {
    // A caller that went away in the middle; there is nobody to answer.
    serve(request, reply, options).catch(() => reply.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const settings = 'DURABLE_RESPONSES_CODEC_PORT or DURABLE_RESPONSES_CODEC_HOST';
  const url = await listenOn(server, options, settings);
  return { url, endpoint: `${url}/${options.token}`, close: () => closeServer(server, 1_000) };
}
