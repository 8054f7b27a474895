/** The deadline of a call holds to the last byte of its body, whatever the garbage collector does meanwhile. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUpstream, toFault } from '../src/upstream';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let server: Server;
let closed = 0;

beforeAll(async () => {
  server = createServer((request, reply) => {
    reply.on('close', () => closed++);
    const length: Record<string, string> = request.method === 'POST' ? { 'content-length': '500' } : {};
    reply.writeHead(200, { 'content-type': 'application/json', ...length });
    reply.write('{"id":"resp_1",');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.closeAllConnections());

const upstream = (callDeadlineMs = 400) => {
  const { port } = server.address() as AddressInfo;
  return createUpstream({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}/v1`, callDeadlineMs });
};

async function stalled(call: () => Promise<unknown>): Promise<unknown> {
  const collecting = setInterval(collectGarbage, 20);
  try {
    return await Promise.race([call().catch((error: unknown) => error), sleep(5_000, 'still waiting')]);
  } finally {
    clearInterval(collecting);
  }
}

test.each([
  ['POST with content-length', () => upstream().create({ model: 'o3', input: 'x' })],
  ['GET without content-length', () => upstream().retrieve('resp_1', [])],
  ['GET that may be aborted', () => upstream().retrieve('resp_1', [], new AbortController().signal)],
])('%s whose body stalls, memory collected -> ends at the deadline and hangs up', async (_, call) => {
  closed = 0;
  const error = await stalled(call);
  expect(error).toBeInstanceOf(Error);
  expect(toFault(error, Date.now())).toMatchObject({ type: 'Upstream.Unavailable', maybeAccepted: true });
  await expect.poll(() => closed, { timeout: 5_000 }).toBe(1);
});

test('a GET whose body stalls, aborted -> ends long before its deadline', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  const startMs = Date.now();
  expect(await stalled(() => upstream(4_000).retrieve('resp_1', [], abort.signal))).toBeInstanceOf(Error);
  expect(Date.now() - startMs).toBeLessThan(2_000);
});
