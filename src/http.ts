/** What the HTTP servers of this package share: bounded bodies, an address that is told when it cannot be had, an end. */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from './errors';

/** Who sends more than this hears nothing: the connection is cut. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Null when it is too large: read to its end, so that the sender hears the answer, and not kept. */
export function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      chunks = [];
      if (size > MAX_READ_BYTES) request.destroy();
    });
    request.on('end', () => resolve(size > maxBytes ? null : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The sender went away.')));
  });
}

export interface ListenAt {
  host: string;
  /** 0 for any free one. */
  port: number;
}

/**
 * Listens; gives the base URL, without a slash at its end.
 *
 * @param settings The variables that change the address, for the message.
 * @throws UsageError when the address cannot be listened on.
 */
export function listenOn(server: Server, { host, port }: ListenAt, settings: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code})`;
      reject(new UsageError([`Port ${port} of ${host} ${what}: set ${settings}`]));
    });
    server.listen(port, host, () => {
      const name = host.includes(':') ? `[${host}]` : host;
      resolve(`http://${name}:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Takes no more, and answers what is under way; what is still open after `graceMs` is cut. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), graceMs).unref();
  });
}
