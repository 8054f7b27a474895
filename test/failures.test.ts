import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { APIConnectionError, APIError } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { UpstreamFault } from '../src/contracts';
import { createUpstream, toFault, type Upstream } from '../src/upstream';
import { cappedFetch } from '../src/upstream/fetch';
import { emulated } from './helpers/emulated';
import { fullServer } from './helpers/full-server';

const KEY = 'sk-test-0123456789abcdef';
const NOW_MS = Date.UTC(2026, 0, 1);
const REQUEST = { model: 'o3', input: 'A very private prompt', background: true };

const cleanups: (() => void)[] = [];

afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** A server of one's own, for what the emulator does not do. Gives its origin. */
async function serverOf(handle: (request: IncomingMessage, reply: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const upstreamAt = (baseURL: string, callDeadlineMs = 5_000): Upstream =>
  createUpstream({ apiKey: KEY, baseURL, callDeadlineMs });

async function faultOf(call: Promise<unknown>): Promise<UpstreamFault> {
  const error: unknown = await call.then(
    () => Promise.reject(new Error('The call went well.')),
    (reason: unknown) => reason,
  );
  return toFault(error, NOW_MS, [KEY]);
}

async function faultOfCreate(fault: FaultRule['do'], callDeadlineMs?: number): Promise<UpstreamFault> {
  const { emulator } = await emulated({ faults: [{ op: 'create', do: fault }] });
  return faultOf(upstreamAt(emulator.url, callDeadlineMs).create(REQUEST));
}

/** A look at a response of an upstream that has this fault. */
async function faultOfLook(fault: FaultRule['do'], callDeadlineMs?: number): Promise<UpstreamFault> {
  const { emulator } = await emulated({ faults: [{ op: 'retrieve', do: fault }] });
  const upstream = upstreamAt(emulator.url, callDeadlineMs);
  return faultOf(upstream.retrieve(await upstream.create(REQUEST), []));
}

const verdictOf = ({ type, retryable, maybeAccepted }: UpstreamFault) => [type, retryable, maybeAccepted];

describe('answers with an HTTP error', () => {
  const api = (status: number, code: string | null = null, type?: string): FaultRule['do'] => ({
    kind: 'status',
    status,
    code,
    type,
  });
  const page = (status: number): FaultRule['do'] => ({ kind: 'status', status, body: 'html' });
  const empty = (status: number): FaultRule['do'] => ({ kind: 'status', status, body: 'empty' });

  test.each<[string, FaultRule['do'], unknown[]]>([
    ['400', api(400, 'invalid_type'), ['Upstream.Rejected', false, false]],
    ['400 conversation_locked', api(400, 'conversation_locked'), ['Upstream.RateLimited', true, false]],
    ['401', api(401, 'invalid_api_key'), ['Upstream.Auth', false, false]],
    ['403', api(403), ['Upstream.Auth', false, false]],
    ['404', api(404), ['Upstream.NotFound', false, false]],
    ['408', api(408), ['Upstream.Unavailable', true, true]],
    ['409', api(409), ['Upstream.RateLimited', true, false]],
    ['413 of a gateway', page(413), ['Upstream.Rejected', false, false]],
    ['422', api(422), ['Upstream.Rejected', false, false]],
    ['424', api(424), ['Upstream.Rejected', false, false]],
    ['429', api(429, 'rate_limit_exceeded'), ['Upstream.RateLimited', true, false]],
    ['429 slow_down', api(429, 'slow_down', 'rate_limit_error'), ['Upstream.RateLimited', true, false]],
    ['429 of a gateway', page(429), ['Upstream.RateLimited', true, false]],
    ['429 insufficient_quota', api(429, 'insufficient_quota'), ['Upstream.Rejected', false, false]],
    ['429 with that type', api(429, 'new_code', 'insufficient_quota'), ['Upstream.Rejected', false, false]],
    ['429 credit_balance_exhausted', api(429, 'credit_balance_exhausted'), ['Upstream.Rejected', false, false]],
    ['429 project limit', api(429, 'project_spend_limit_exceeded'), ['Upstream.Rejected', false, false]],
    ['429 organization limit', api(429, 'organization_spend_limit_exceeded'), ['Upstream.Rejected', false, false]],
    ['429 usage limit', api(429, 'organization_usage_limit_exceeded'), ['Upstream.Rejected', false, false]],
    ['429 hard limit', api(429, 'billing_hard_limit_reached'), ['Upstream.Rejected', false, false]],
    ['500 of the API', api(500), ['Upstream.Unavailable', true, false]],
    ['503 of the API', api(503, 'server_is_overloaded'), ['Upstream.Unavailable', true, false]],
    ['502 of a gateway', page(502), ['Upstream.Unavailable', true, true]],
    ['504 without a body', empty(504), ['Upstream.Unavailable', true, true]],
    ['529', page(529), ['Upstream.Unavailable', true, true]],
  ])('given %s -> then type, retryable and maybeAccepted', async (_name, fault, expected) => {
    const found = await faultOfCreate(fault);
    expect(verdictOf(found)).toEqual(expected);
    expect(found.httpStatus).toBe((fault as { status: number }).status);
  });

  test('given an error of the API -> then its code, request id and retry-after are kept', async () => {
    const headers = { 'retry-after': '7' };
    const found = await faultOfCreate({ kind: 'status', status: 429, code: 'rate_limit_exceeded', headers });
    expect(found).toMatchObject({ code: 'rate_limit_exceeded', retryAfterSeconds: 7 });
    expect(found.requestId).toMatch(/^req_/);
  });

  test('given a message with the word redirect -> then it is judged by its status', async () => {
    const found = await faultOfCreate({ kind: 'status', status: 500, message: 'Too many redirects to a shard.' });
    expect(verdictOf(found)).toEqual(['Upstream.Unavailable', true, false]);
  });

  test('given a message with the key -> then it is not in the fault', async () => {
    const message = `Incorrect API key provided: ${KEY}.\n\u001b[31mSee ${encodeURIComponent(KEY)}`;
    const found = await faultOfCreate({ kind: 'status', status: 401, message, code: `bad_${KEY}` });
    expect(JSON.stringify(found)).not.toMatch(/0123456789abcdef|\\n|\\u001b/);
  });

  test('given a code that is no text -> then null', async () => {
    const url = await serverOf((_request, reply) => {
      reply.writeHead(400, { 'content-type': 'application/json' });
      reply.end(JSON.stringify({ error: { message: 'No.', type: 'x', code: { deep: 1 } } }));
    });
    expect(await faultOf(upstreamAt(url).create(REQUEST))).toMatchObject({ type: 'Upstream.Rejected', code: null });
  });
});

describe('no answer', () => {
  test('given a refused connection -> then certainly not accepted', async () => {
    const url = await serverOf(() => undefined);
    cleanups.splice(0).forEach((cleanup) => cleanup());
    const found = await faultOf(upstreamAt(url).create(REQUEST));
    expect(verdictOf(found)).toEqual(['Upstream.Unavailable', true, false]);
    expect(found).toMatchObject({ httpStatus: null, code: 'ECONNREFUSED' });
  });

  test.each(['create', 'stream', 'look'])(
    'given packets that are dropped before there is a connection, at a %s -> then certainly not accepted',
    async (what) => {
      const { port, close } = await fullServer();
      const upstream = upstreamAt(`http://127.0.0.1:${port}/v1`, 400);
      const call = {
        create: () => upstream.create(REQUEST),
        stream: () => upstream.createStream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]().next(),
        look: () => upstream.retrieve('resp_1', []),
      }[what];
      const found = await faultOf(call!()).finally(close);
      expect(verdictOf(found)).toEqual(['Upstream.Unavailable', true, false]);
      expect(found).toMatchObject({ httpStatus: null, code: 'UND_ERR_CONNECT_TIMEOUT' });
    },
  );

  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND'],
    ['PROXY_REFUSED', 'Proxy response (407) !== 200 when HTTP Tunneling'],
  ])('given %s of connections that are not ours -> then certainly not accepted', (code, message) => {
    const cause = new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
    expect(toFault(new APIConnectionError({ cause }), NOW_MS)).toMatchObject({ code, maybeAccepted: false });
  });

  test('given a connection, and a read that times out -> then maybe accepted, whatever code it has', () => {
    const read = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' });
    expect(verdictOf(toFault(new APIConnectionError({ cause: read }), NOW_MS))[2]).toBe(true);
  });

  test('given a name that does not exist -> then certainly not accepted, whatever the name is', async () => {
    const found = await faultOf(upstreamAt('https://redirect.invalid/v1').create(REQUEST));
    expect(verdictOf(found)).toEqual(['Upstream.Unavailable', true, false]);
  });

  test.each([false, true])('given a reset after the request was sent (accept: %s) -> then maybe', async (accept) => {
    expect(verdictOf(await faultOfCreate({ kind: 'drop', accept }))).toEqual(['Upstream.Unavailable', true, true]);
  });

  test('given a lost reply -> then one POST, not three', async () => {
    const { emulator } = await emulated({ faults: [{ op: 'create', do: { kind: 'drop', accept: true } }] });
    await faultOf(upstreamAt(emulator.url).create(REQUEST));
    expect(emulator.ledger().creates).toHaveLength(1);
  });

  test.each<[string, FaultRule['do']]>([
    ['headers', { kind: 'hang', accept: true }],
    ['a body', { kind: 'stall', accept: true }],
  ])('given no %s within the deadline -> then it ends there, and maybe accepted', async (_name, fault) => {
    expect(verdictOf(await faultOfCreate(fault, 200))).toEqual(['Upstream.Unavailable', true, true]);
  });

  test('given a stalled body at a look -> then the deadline is named', async () => {
    const found = await faultOfLook({ kind: 'stall', accept: true }, 200);
    expect(found).toMatchObject({
      type: 'Upstream.Unavailable',
      message: expect.stringContaining('deadline') as string,
    });
  });

  test('given a body cut off in the middle -> then unavailable, and maybe accepted', async () => {
    const url = await serverOf((_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      reply.write('{"id":"resp_1",', () => reply.destroy());
    });
    expect(verdictOf(await faultOf(upstreamAt(url).create(REQUEST)))).toEqual(['Upstream.Unavailable', true, true]);
  });
});

describe('answers with HTTP 200 that are none', () => {
  const kinds = ['html', 'null', 'array', 'cut', 'wrong_types', 'no_output', 'no_status'] as const;

  test.each(kinds)('given %s for a look -> then a protocol fault that can be tried again', async (body) => {
    const { emulator } = await emulated({ faults: [{ op: 'retrieve', do: { kind: 'garbage', body, accept: true } }] });
    const upstream = upstreamAt(emulator.url);
    const found = await faultOf(upstream.retrieve(await upstream.create(REQUEST), []));
    expect(verdictOf(found)).toEqual(['Upstream.Protocol', true, true]);
  });

  test.each(['html', 'null', 'array', 'cut', 'wrong_types'] as const)(
    'given %s for a create -> then a protocol fault, and maybe accepted',
    async (body) => {
      const found = await faultOfCreate({ kind: 'garbage', body, accept: true });
      expect(verdictOf(found)).toEqual(['Upstream.Protocol', true, true]);
    },
  );

  test('given the answer of another response -> then a protocol fault', async () => {
    const url = await serverOf((_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' });
      reply.end(JSON.stringify({ id: 'resp_2', object: 'response', status: 'completed', output: [] }));
    });
    const found = await faultOf(upstreamAt(url).retrieve('resp_1', []));
    expect(found).toMatchObject({ type: 'Upstream.Protocol', message: 'The answer is about another response.' });
  });

  test('given garbage for an upload -> then a protocol fault, not an id', async () => {
    const { emulator } = await emulated({ faults: [{ op: 'file_create', do: { kind: 'garbage', body: 'null' } }] });
    const found = await faultOf(
      upstreamAt(emulator.url).uploadFile('package.json', { purpose: 'user_data', expiresAfterSeconds: 3600 }),
    );
    expect(found.type).toBe('Upstream.Protocol');
  });
});

describe('large answers', () => {
  test('given a body of 200 MB without a length -> then it is not read to its end', async () => {
    const found = await faultOfLook({ kind: 'huge', bytes: 200 * 2 ** 20 }, 20_000);
    expect(verdictOf(found)).toEqual(['Upstream.Protocol', true, true]);
    expect(found.message).toContain('larger than 67108864 bytes');
  });

  test.each([
    ['as large as the cap', 10, true],
    ['one byte larger', 9, false],
  ])('given a body %s -> then read whole: %s', async (_name, maxBytes, whole) => {
    const url = await serverOf((_request, reply) => reply.end('0123456789'));
    const text = (await cappedFetch(maxBytes)(url)).text();
    if (whole) expect(await text).toBe('0123456789');
    else await expect(text).rejects.toThrow(/larger than 9 bytes/);
  });
});

describe('redirects', () => {
  test.each([301, 302, 307, 308])(
    'given %i to another origin -> then refused, and nothing is sent there',
    async (status) => {
      let requests = 0;
      const other = await serverOf((_request, reply) => {
        requests++;
        reply.end('{}');
      });
      const url = await serverOf((_request, reply) => {
        reply.writeHead(status, { location: `${other}/v1/responses` });
        reply.end();
      });
      const found = await faultOf(upstreamAt(`${url}/v1`).create(REQUEST));
      expect(verdictOf(found)).toEqual(['Upstream.Protocol', false, false]);
      expect(requests).toBe(0);
    },
  );
});

describe('other exceptions', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error(`Odd ${KEY}`), 'Odd ***'],
    ['text', `Odd ${KEY}`, 'Odd ***'],
    ['nothing', undefined, 'undefined'],
    ['an object', { a: 1 }, '[object Object]'],
  ])('given %s -> then a protocol fault that can be tried again, without the key', (_name, error, message) => {
    const found = toFault(error, NOW_MS, [KEY]);
    expect(verdictOf(found)).toEqual(['Upstream.Protocol', true, true]);
    expect(found).toMatchObject({ message, httpStatus: null, code: null, requestId: null, retryAfterSeconds: null });
  });

  test.each([
    'insufficient_quota',
    'credit_balance_exhausted',
    'organization_spend_limit_exceeded',
    'project_spend_limit_exceeded',
    'organization_usage_limit_exceeded',
    'billing_hard_limit_reached',
  ])('given HTTP 429 with the code %s, whatever its type -> then refused for good', (code) => {
    const error = APIError.generate(
      429,
      { error: { code, type: 'requests', message: 'No.' } },
      undefined,
      new Headers(),
    );
    expect(verdictOf(toFault(error, NOW_MS))).toEqual(['Upstream.Rejected', false, false]);
  });

  test.each([
    ['that passes', 'server_error', ['Upstream.Unavailable', true, true]],
    ['about billing', 'insufficient_quota', ['Upstream.Rejected', false, true]],
  ])('given an error in a stream %s -> then maybe accepted', (_name, code, expected) => {
    const error = new APIError(undefined, { code, message: 'No.' }, 'No.', undefined);
    expect(verdictOf(toFault(error, NOW_MS))).toEqual(expected);
  });

  test.each<[string, object]>([
    ['of a gateway', { error: { reason: 'upstream' } }],
    ['without a type', { error: { message: 'No.' } }],
  ])('given HTTP 502 with JSON %s -> then maybe accepted', (_name, body) => {
    expect(verdictOf(toFault(APIError.generate(502, body, undefined, new Headers()), NOW_MS))).toEqual([
      'Upstream.Unavailable',
      true,
      true,
    ]);
  });

  test.each(['AbortError', 'TimeoutError'])('given a %s -> then the deadline is named', (name) => {
    const found = toFault(new DOMException('The operation timed out.', name), NOW_MS);
    expect(verdictOf(found)).toEqual(['Upstream.Unavailable', true, true]);
    expect(found.message).toContain('deadline');
  });

  test('given causes that point at each other -> then it ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(toFault(error, NOW_MS).type).toBe('Upstream.Protocol');
  });
});

describe('probe', () => {
  test('given an upstream that takes the key -> then ok', async () => {
    const { emulator } = await emulated();
    expect(await upstreamAt(emulator.url).probe()).toEqual({ ok: true, message: 'reachable, key accepted' });
  });

  test('given a key that is refused -> then why, without the key', async () => {
    const { emulator } = await emulated();
    const { ok, message } = await createUpstream({ apiKey: 'sk-wrong-0123456789', baseURL: emulator.url }).probe();
    expect([ok, message.startsWith('Upstream.Auth: ')]).toEqual([false, true]);
    expect(message).not.toContain('0123456789');
  });
});
