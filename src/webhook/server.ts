/** The HTTP side of the receiver: one path that takes messages, one that says that it is up. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { bodyOf, closeServer, listenOn, type ListenAt } from '../http';

export const WEBHOOK_PATH = '/webhook';
export const HEALTH_PATH = '/health';

/** An event has some hundred bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
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
  const body = await bodyOf(request, MAX_BODY_BYTES);
  if (body === null) return answer(reply, 413);
  const status = await receive(body, request.headers);
  answer(reply, status, status === 503 ? { 'retry-after': '5' } : {});
}

/** @throws UsageError when the address cannot be listened on. */
export async function httpReceiver(at: ListenAt, receive: Receive): Promise<HttpReceiver> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS / 2 }, (request, reply) => {
    // A sender that went away in the middle; there is nobody to answer.
    serve(request, reply, receive).catch(() => reply.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const settings = 'DURABLE_RESPONSES_WEBHOOK_PORT or DURABLE_RESPONSES_WEBHOOK_HOST';
  const url = await listenOn(server, at, settings);
  // What is under way is answered in far less; what is then open waits for nothing.
  return { url: `${url}${WEBHOOK_PATH}`, close: () => closeServer(server, REQUEST_MS) };
}
