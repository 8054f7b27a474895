/** A file of this machine on its way up: whatever becomes of the call, nothing stays open and nothing crashes. */
import { readdirSync, readlinkSync, truncateSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createUpstream } from '../src/upstream';
import { temporaryFolder } from './helpers/embedded';
import { closeAfterFile, closeAfterTest } from './helpers/leftovers';
import { until } from './helpers/watched';

const SIZE_BYTES = 16_000_000;

let file: string;
beforeAll(async () => {
  const { path, remove } = await temporaryFolder();
  closeAfterFile(remove);
  file = join(path, 'data.csv');
});

/** Descriptors of this process that are open on it. */
function descriptorsOn(path: string): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // It was that of the list itself.
      return '';
    }
  });
  return links.filter((link) => link === path).length;
}

const options = { purpose: 'user_data', expiresAfterSeconds: 3600 };

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function refusing(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

const upstreamAt = (baseURL: string, callDeadlineMs?: number) =>
  createUpstream({ apiKey: 'sk-test', baseURL, callDeadlineMs });

// Only Linux tells what is open.
describe.runIf(process.platform === 'linux')('an upload', () => {
  test('given a port where nobody listens -> then no descriptor stays open', async () => {
    await writeFile(file, 'a,b');
    const upstream = upstreamAt(await refusing());
    for (let i = 0; i < 5; i++) await expect(upstream.uploadFile(file, options)).rejects.toThrow('Connection error');
    await until(() => descriptorsOn(file) === 0);
  });

  test('given a server that reads nothing, until the deadline of the call -> then no descriptor stays open', async () => {
    await writeFile(file, Buffer.alloc(SIZE_BYTES));
    const upstream = upstreamAt(await serving((request) => void request.pause()), 300);
    await expect(upstream.uploadFile(file, options)).rejects.toThrow();
    await until(() => descriptorsOn(file) === 0);
  });

  test('given a file that is cut short while it is sent -> then the call ends as upstream says, and nothing stays open', async () => {
    await writeFile(file, Buffer.alloc(SIZE_BYTES));
    let sizeBytes = 0;
    const baseURL = await serving((request, reply) => {
      request.once('data', () => truncateSync(file));
      request.on('data', (chunk: Buffer) => (sizeBytes += chunk.length));
      request.on('end', () => reply.setHeader('content-type', 'application/json').end('{"id":"file-1"}'));
    });
    expect(await upstreamAt(baseURL).uploadFile(file, options)).toBe('file-1');
    expect(sizeBytes).toBeLessThan(SIZE_BYTES);
    await until(() => descriptorsOn(file) === 0);
  });
});
