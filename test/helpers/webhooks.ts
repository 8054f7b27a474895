/** A receiver of webhooks beside a world, and messages to it, genuine and otherwise. */
import { Client, Connection } from '@temporalio/client';
import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { TaskInput, TaskOptions } from '../../src/contracts';
import { retriesThatEnd } from '../../src/closed-calls';
import { createUpstream, webhookVerifier, type Upstream } from '../../src/upstream';
import type { Counts } from '../../src/webhook/counts';
import { jsonLog } from '../../src/webhook/log';
import { MessageReceiver } from '../../src/webhook/receive';
import { httpReceiver } from '../../src/webhook/server';
import { SECRET } from './receiver';
import { createsOf, uniqueId, type World } from './world';
import { eventually } from './embedded';

export const OTHER_SECRET = `whsec_${Buffer.from('somebody else has this').toString('base64')}`;

/** Looks by themselves come an hour apart: what ends before that was ended by a webhook. */
export const SPARSE: TaskOptions = { pollIntervalsSeconds: [3600], inlineWaitSeconds: 0 };

export interface OwnReceiver {
  url: string;
  port: number;
  counts: Counts;
  /** The lines of its log, from DEBUG on. */
  lines: string[];
  close(): Promise<void>;
}

export interface OwnReceiverOptions {
  secrets?: string[];
  client?: Client;
  port?: number;
  orphans?: 'cancel' | 'keep';
}

export const upstreamOf = (world: World): Upstream =>
  createUpstream({ apiKey: 'sk-test', baseURL: world.emulator.url, callDeadlineMs: 3_000 });

/** As `npm run webhook` makes it. */
export async function ownReceiver(world: World, options: OwnReceiverOptions = {}): Promise<OwnReceiver> {
  const { secrets = [SECRET], client = world.client, port = 0, orphans = 'cancel' } = options;
  const lines: string[] = [];
  const log = jsonLog('DEBUG', (line) => void lines.push(line));
  const parts = { verify: webhookVerifier(secrets), client, upstream: upstreamOf(world), orphans, log };
  const receiver = new MessageReceiver(parts);
  const at = { host: '127.0.0.1', port };
  const http = await httpReceiver(at, (body, headers) => receiver.receive(body, headers));
  return { ...http, port: Number(new URL(http.url).port), counts: receiver.counts, lines };
}

export interface Message {
  body?: unknown;
  id?: string;
  secret?: string;
  /** From now. */
  offSeconds?: number;
  headers?: Record<string, string>;
  /** What is sent in place of the signed text. */
  sentBody?: string | Uint8Array;
}

export const eventFor = (responseId: string, type = 'response.completed') => ({
  id: 'evt_1',
  object: 'event',
  created_at: 1,
  type,
  data: { id: responseId },
});

/** The headers and the body of a message as the API signs it, but for what is wished otherwise. */
export function signed({ body, id = uniqueId('wh'), secret = SECRET, offSeconds = 0, headers, sentBody }: Message) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const time = new Date(Date.now() + offSeconds * 1000);
  const own = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, time, text),
  };
  return { body: sentBody ?? text, headers: { ...own, ...headers } };
}

/** Sends it; gives the status. */
export async function send(url: string, message: Message): Promise<number> {
  const { body, headers } = signed(message);
  const reply = await fetch(url, { method: 'POST', headers, body: body as RequestInit['body'] });
  await reply.body?.cancel();
  return reply.status;
}

/** Starts a task that looks by itself once an hour. */
export const sparseTask = (world: World, metadata: Record<string, string>, options: TaskOptions = {}, id?: string) =>
  world.start(
    {
      request: { model: 'o3', input: 'Tell me when it is done.', metadata },
      options: { ...SPARSE, ...options },
    } satisfies TaskInput,
    id,
  );

/** The id of a task's only response, once it has been created. */
export async function responseOf(world: World, taskId: string): Promise<string> {
  await eventually(`${taskId} is created`, () => createsOf(world.emulator, taskId).length > 0);
  return createsOf(world.emulator, taskId)[0]?.id ?? '';
}

export interface CuttableServer {
  client: Client;
  /** No connection to the server is possible until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A way to the Temporal server that can be cut. */
export async function cuttableServer(world: World): Promise<CuttableServer> {
  const [host = '', port = ''] = world.env.address.split(':');
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const connection = await Connection.connect({
    address,
    interceptors: retriesThatEnd(),
    channelArgs: { 'grpc.enable_http_proxy': 0 },
  });
  const drop = () => sockets.forEach((socket) => socket.destroy());
  return {
    client: new Client({ connection, namespace: world.client.options.namespace }),
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => void (isCut = false),
    close: async () => {
      await connection.close();
      drop();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
