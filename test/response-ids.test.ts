/** Ids that try to be more than one segment of a path. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTask } from '../src/client';
import { createUpstream, toAnswer, type Upstream } from '../src/upstream';
import { createdId } from '../src/upstream/answer';

const IDS = [
  'resp_x/../../admin',
  'resp_x/../../../emulator/ledger',
  'resp_x%2f..%2f..%2fadmin',
  'resp_x%2F%2e%2e%2Fadmin',
  'resp_x%252f..%252fadmin',
  'resp_x\\..\\..\\admin',
  '..',
  '../admin',
  '%2e%2e',
  '%2E%2E/admin',
  '.%2e',
  '.',
  '/admin',
  '//evil.example/v1',
  'https://evil.example/v1/responses/resp_x',
  'resp_x?stream=true',
  'resp_x#fragment',
  'resp_x;a=b',
  'resp_x/cancel',
  'resp_x@evil.example',
  'resp_x\r\nHost: evil.example',
  'resp_x\u0000',
  'resp_x\u2025admin',
  'resp_ x',
  'resp_é',
  '',
  'r'.repeat(129),
];

const answerWith = (container_id: string) =>
  toAnswer({ output: [{ type: 'code_interpreter_call', id: 'ci_1', container_id }] } as never, 1000);

describe(`${IDS.length} ids that are none`, () => {
  let server: Server;
  let urls: string[] = [];
  let upstream: Upstream;
  beforeAll(async () => {
    server = createServer((request, reply) => {
      urls.push(request.url ?? '');
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    upstream = createUpstream({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}/v1` });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('given as the response to attach to, in the reply of a create, as a container -> then each is refused', () => {
    expect(IDS.length).toBeGreaterThanOrEqual(25);
    const attached = IDS.filter((responseId) => checkTask({ attach: { responseId } }).length === 0);
    const created = IDS.filter((id) => {
      try {
        return createdId({ id }) !== '';
      } catch {
        return false;
      }
    });
    const containers = IDS.filter((id) => answerWith(id).containerIds.length > 0);
    expect({ attached, created, containers }).toEqual({ attached: [], created: [], containers: [] });
  });

  const signal = new AbortController().signal;
  test.each<[string, RegExp, (id: string) => Promise<unknown>]>([
    ['a look', /^\/v1\/responses\/[^/?#]+$/, (id) => upstream.retrieve(id, [])],
    ['a cancel', /^\/v1\/responses\/[^/?#]+\/cancel$/, (id) => upstream.cancel(id)],
    [
      'a stream',
      /^\/v1\/responses\/[^/?#]+\?stream=true$/,
      (id) => upstream.events(id, { startingAfter: null, include: [], signal })[Symbol.asyncIterator]().next(),
    ],
    ['a deletion', /^\/v1\/files\/[^/?#]+$/, (id) => upstream.deleteFile(id)],
    ['a download', /^\/v1\/containers\/cntr_1\/files\/[^/?#]+\/content$/, (id) => upstream.containerFile('cntr_1', id)],
    ['a container', /^\/v1\/containers\/[^/?#]+$/, (id) => upstream.touchContainer(id)],
  ])('given to %s all the same -> then it is one encoded segment, or nothing is sent', async (_what, form, call) => {
    urls = [];
    // An empty one would be the list; it comes from nowhere, as shown above.
    for (const id of IDS.filter((one) => one !== '')) await call(id).catch(() => undefined);
    const isOneSegment = (url: string) => form.test(url) && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(url);
    expect(urls.filter((url) => !isOneSegment(url))).toEqual([]);
    expect(urls.length).toBeGreaterThan(10);
  });
});
