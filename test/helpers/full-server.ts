/** A server that nobody can connect to any more: it answers no SYN, as where packets are dropped on the way. Linux. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens and never accepts: its thread stands still. */
const LISTENS = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** The kernel keeps one connection more than the backlog. */
const QUEUED = 2;

export interface FullServer {
  port: number;
  close: () => Promise<void>;
}

export async function fullServer(): Promise<FullServer> {
  const thread = new Worker(LISTENS, { eval: true });
  const [port] = (await once(thread, 'message')) as [number];
  const queued: Socket[] = Array.from({ length: QUEUED }, () => connect(port, '127.0.0.1'));
  await Promise.all(queued.map((socket) => once(socket, 'connect')));
  return {
    port,
    close: async () => {
      for (const socket of queued) socket.on('error', () => undefined).destroy();
      await thread.terminate();
    },
  };
}
