/** The HTTP side of the receiver: one path that takes messages, one that says that it is up. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../errors';

export const WEBHOOK_PATH = '/webhook';
export const HEALTH_PATH = '/health';

/** An event has some hundred bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Who sends more than this hears nothing: the connection is cut. */
const MAX_READ_BYTES = 16 * 1024 * 1024;
/** Each may hold a body. */
const MAX_CONNECTIONS = 1_000;
/** From the first byte of a request to its last. */
const REQUEST_MS = 10_000;

export type Receive = (body: Uint8Array, headers: IncomingHttpHeaders) => Promise<number>;

export interface HttpReceiver {
  /** Of the path that takes messages. */
  url: string;
  /** Takes no more, and answers what is under way. */
  close(): Promise<void>;
}

/** Null when it is too large: read to its end, so that the sender hears the answer, and not kept. */
function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) return void chunks.push(chunk);
      chunks = [];
      if (size > MAX_READ_BYTES) request.destroy();
    });
    request.on('end', () => resolve(size > MAX_BODY_BYTES ? null : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The sender went away.')));
  });
}

/** No words: who forges messages should learn nothing from the answer. */
function answer(reply: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  if (!reply.headersSent) reply.writeHead(status, headers).end();
}

async function serve(request: IncomingMessage, reply: ServerResponse, receive: Receive): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (path === HEALTH_PATH) {
    if (request.method === 'GET' || request.method === 'HEAD') return answer(reply, 200);
    return answer(reply, 405, { allow: 'GET, HEAD' });
  }
  if (path !== WEBHOOK_PATH) return answer(reply, 404);
  if (request.method !== 'POST') return answer(reply, 405, { allow: 'POST' });
  const body = await bodyOf(request);
  if (body === null) return answer(reply, 413);
  const status = await receive(body, request.headers);
  answer(reply, status, status === 503 ? { 'retry-after': '5' } : {});
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code})`;
      reject(
        new UsageError([
          `Port ${port} of ${host} ${what}: set DURABLE_RESPONSES_WEBHOOK_PORT or DURABLE_RESPONSES_WEBHOOK_HOST`,
        ]),
      );
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** @throws UsageError when the address cannot be listened on. */
export async function httpReceiver(at: { host: string; port: number }, receive: Receive): Promise<HttpReceiver> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS / 2 }, (request, reply) => {
    // A sender that went away in the middle; there is nobody to answer.
    serve(request, reply, receive).catch(() => reply.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const { port } = await listen(server, at.host, at.port);
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      // What is under way is answered in far less; what is then open waits for nothing.
      setTimeout(() => server.closeAllConnections(), REQUEST_MS).unref();
    });
  return { url: `http://${host}:${port}${WEBHOOK_PATH}`, close };
}
