/** The codec server: who is let in, and what becomes of what they send. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decoder } from '../src/codec-server/decode';
import { MAX_BODY_BYTES, startCodecServer, type CodecServer } from '../src/codec-server/server';
import { EncryptionCodec } from '../src/security/codec';
import { KeyRing } from '../src/security/key-ring';

const TOKEN = randomBytes(32).toString('base64url');
const UI = 'http://127.0.0.1:8233';
const K1 = { id: 'k1', key: randomBytes(32) };
const SECRET = 'the canary prompt';

let server: CodecServer;
let problems: string[];

beforeAll(async () => {
  const decode = decoder(new KeyRing([K1]), 'default', (message) => void problems.push(message));
  server = await startCodecServer({ host: '127.0.0.1', port: 0, token: TOKEN, origin: () => UI, decode });
});
beforeEach(() => {
  problems = [];
});
afterAll(() => server.close());

interface WirePayload {
  metadata: Record<string, string>;
  data?: string;
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');

const onWire = ({ metadata, data }: Payload): WirePayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])),
  data: base64(data ?? new Uint8Array()),
});

async function encrypted(value: unknown, namespace = 'default', key = K1): Promise<WirePayload> {
  const codec = new EncryptionCodec(new KeyRing([key]), { namespace });
  const [one] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  return onWire(one!);
}

const clear = (value: unknown): WirePayload => onWire(defaultPayloadConverter.toPayload(value));

interface Sent {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

const GOOD = { 'content-type': 'application/json', 'x-namespace': 'default', origin: UI };

async function send({ path = `/${TOKEN}/decode`, method = 'POST', headers = GOOD, body }: Sent) {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  const reply = await fetch(`${server.url}${path}`, { method, headers, body: text });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

const payloadsOf = (text: string) => (JSON.parse(text) as { payloads: WirePayload[] }).payloads;
const valuesOf = (text: string) => payloadsOf(text).map(({ data }) => Buffer.from(data ?? '', 'base64').toString());

describe('who is let in', () => {
  test('given the token in the path and the origin of the UI -> then decoded, for that origin alone', async () => {
    const { status, headers, text } = await send({ body: { payloads: [await encrypted(SECRET)] } });
    expect([status, valuesOf(text)]).toEqual([200, [JSON.stringify(SECRET)]]);
    expect(headers.get('access-control-allow-origin')).toBe(UI);
    expect(headers.get('vary')).toBe('Origin');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('given the token as a bearer and no origin, as the `temporal` program has it -> then decoded', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const { status, text } = await send({ path: '/decode', headers, body: { payloads: [await encrypted(SECRET)] } });
    expect([status, valuesOf(text)]).toEqual([200, [JSON.stringify(SECRET)]]);
  });

  test('given the query that the UI adds -> then decoded', async () => {
    const path = `/${TOKEN}/decode?preserveStorageRefs=true`;
    expect((await send({ path, body: { payloads: [await encrypted(1)] } })).status).toBe(200);
  });

  test.each([
    ['no token', '/decode', {}],
    ['another token in the path', `/${randomBytes(32).toString('base64url')}/decode`, {}],
    ['a part of the token', `/${TOKEN.slice(0, -1)}/decode`, {}],
    ['an empty token', '//decode', {}],
    ['another bearer', '/decode', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['the token as basic', '/decode', { authorization: `Basic ${TOKEN}` }],
    ['the token in the query', `/decode?token=${TOKEN}`, {}],
    ['a path that is none', '/', {}],
  ])('given %s -> then 401 without words', async (_name, path, more) => {
    const body = { payloads: [await encrypted(SECRET)] };
    const { status, headers, text } = await send({ path, headers: { ...GOOD, ...more }, body });
    expect({ status, text }).toEqual({ status: 401, text: '' });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('www-authenticate')).toBeNull();
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:8234', 'http://localhost:8233', `${UI}/`, `${UI}.evil`])(
    'given the token and the origin %s -> then 403, and no page may read it',
    async (origin) => {
      const body = { payloads: [await encrypted(SECRET)] };
      const { status, headers, text } = await send({ headers: { ...GOOD, origin }, body });
      expect({ status, text }).toEqual({ status: 403, text: '' });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const asked = await send({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    },
  );

  test('given the preflight of the UI -> then it may send what it sends', async () => {
    const headers = {
      origin: UI,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-namespace',
      'access-control-request-private-network': 'true',
    };
    const reply = await send({ method: 'OPTIONS', headers });
    expect(reply.status).toBe(204);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, x-namespace',
      'access-control-allow-private-network': 'true',
    });
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('what is sent', () => {
  test.each([
    ['encode', 'POST', `/${TOKEN}/encode`, 404],
    ['something below decode', 'POST', `/${TOKEN}/decode/x`, 404],
    ['GET', 'GET', `/${TOKEN}/decode`, 405],
    ['PUT', 'PUT', `/${TOKEN}/decode`, 405],
  ])('given the token and %s -> then refused', async (_name, method, path, status) => {
    const body = method === 'GET' ? undefined : { payloads: [clear(1)] };
    expect(await send({ method, path, body })).toMatchObject({ status, text: '' });
  });

  test('given a body that a form can send -> then 415', async () => {
    const headers = { ...GOOD, 'content-type': 'text/plain' };
    expect(await send({ headers, body: { payloads: [] } })).toMatchObject({ status: 415, text: '' });
  });

  test('given a body of more than 8 MiB -> then 413, and it goes on serving', async () => {
    const body = { payloads: [{ metadata: {}, data: 'A'.repeat(MAX_BODY_BYTES) }] };
    expect(await send({ body })).toMatchObject({ status: 413, text: '' });
    expect((await send({ body: { payloads: [] } })).status).toBe(200);
  });

  test.each([
    ['no JSON', '{"payloads":'],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['no payloads', '{}'],
    ['payloads that are none', '{"payloads":[1]}'],
    ['metadata that is none', '{"payloads":[{"metadata":{"encoding":1}}]}'],
    ['brackets, a million deep', '['.repeat(1_000_000)],
    ['a prototype', '{"__proto__":{"payloads":[]}}'],
  ])('given %s -> then 400', async (_name, body) => {
    expect(await send({ body })).toMatchObject({ status: 400, text: '' });
  });

  test('given a request that is not HTTP, or never ends -> then it goes on serving', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('\u0000\u0001 garbage\r\n\r\n');
    const half = connect(Number(new URL(server.url).port), '127.0.0.1');
    half.on('error', () => undefined);
    half.write(`POST /${TOKEN}/decode HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
    expect((await send({ body: { payloads: [] } })).status).toBe(200);
    socket.destroy();
    half.destroy();
    expect((await send({ body: { payloads: [] } })).status).toBe(200);
  });

  test('given payloads in clear, of other codecs, damaged, and of an unknown key -> then they come back as they came', async () => {
    const damaged = await encrypted(SECRET);
    damaged.data = `${damaged.data?.slice(0, -8)}AAAAAAA=`;
    const reference = { ...clear('ref'), externalPayloads: [{ sizeBytes: '12' }] };
    const unknown = await encrypted(SECRET, 'default', { id: 'k9', key: randomBytes(32) });
    const other = { metadata: { encoding: base64('binary/encrypted') }, data: base64(randomBytes(40)) };
    const payloads = [clear('a'), reference, damaged, other, unknown, {}];
    const { status, text } = await send({ body: { payloads: [...payloads, await encrypted(SECRET)] } });
    expect(status).toBe(200);
    expect(payloadsOf(text).slice(0, -1)).toEqual(payloads);
    expect(valuesOf(text).at(-1), 'the one that can be read').toBe(JSON.stringify(SECRET));
    expect(problems.join('\n')).toMatch(/key "k1"[^]*"k9" is missing/);
    expect(problems.join('\n')).not.toContain('canary');
  });

  test('given another namespace in the header -> then that one counts', async () => {
    const body = { payloads: [await encrypted(SECRET, 'prod')] };
    expect(payloadsOf((await send({ body })).text)).toEqual(body.payloads);
    const headers = { ...GOOD, 'x-namespace': 'prod' };
    expect(valuesOf((await send({ headers, body })).text)).toEqual([JSON.stringify(SECRET)]);
  });
});
