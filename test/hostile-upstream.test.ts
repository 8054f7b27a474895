/** Servers that mean it ill: what they can cost in memory, in time, and to whom they can have things sent. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNode } from './helpers/programs';

const MB = 1024 * 1024;
/** What is read of a body, and what the machine holds on its way. */
const MOST_SENT = 64 * MB + 16 * MB;
/** Other tests may have the processors: what counts is what it ends by, and not how soon. */
const PATIENCE_MS = 120_000;

interface Row {
  behaviour: string;
  call: string;
  fault: { type: string; message: string; retryable?: boolean };
  ms: number;
}

let hostile: Server;
let other: Server;
let otherConnections = 0;
let bytesSent = 0;

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Writes until there are so many bytes, or the other side has gone. */
function pour(reply: ServerResponse, bytes: number, chunk: Buffer): void {
  let left = bytes;
  const go = () => {
    while (left > 0 && !reply.destroyed) {
      left -= chunk.length;
      bytesSent += chunk.length;
      if (!reply.write(chunk)) return void reply.once('drain', go);
    }
    reply.end();
  };
  go();
}

const SPACES = Buffer.alloc(64 * 1024, ' ');
const BLANK_LINES = Buffer.alloc(64 * 1024, '\n');
const EVENT = `data: ${JSON.stringify({ type: 'response.output_text.delta', sequence_number: 1, delta: 'a'.repeat(16_000) })}\n\n`;

function drip(reply: ServerResponse, text: string): void {
  const timer = setInterval(() => reply.write(text), 100);
  reply.on('close', () => clearInterval(timer));
}

const BEHAVIOURS: Record<string, (reply: ServerResponse) => void> = {
  '200-mb': (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json', 'content-length': 200 * MB });
    pour(reply, 200 * MB, SPACES);
  },
  endless: (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    pour(reply, Infinity, SPACES);
  },
  // Each 8 KB of it are 8 MB of spaces.
  'gzip-bomb': (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    pour(reply, Infinity, gzipSync(Buffer.alloc(8 * MB, ' ')));
  },
  'endless-error': (reply) => {
    reply.writeHead(400, { 'content-type': 'text/event-stream' });
    pour(reply, Infinity, BLANK_LINES);
  },
  'endless-events': (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    pour(reply, Infinity, Buffer.from(EVENT));
  },
  drip: (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    drip(reply, ' ');
  },
  'drip-error': (reply) => {
    reply.writeHead(503, { 'content-type': 'text/event-stream' });
    drip(reply, '\n');
  },
  'malformed-events': (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.end('data: {"type":"response.created","secret":"sk-canary\n\n');
  },
  redirect: (reply) => {
    reply.writeHead(307, { location: `${addressOf(other)}/v1/responses` });
    reply.end();
  },
};

function answer(request: IncomingMessage, reply: ServerResponse): void {
  const [, behaviour = ''] = (request.url ?? '').split('/');
  request.resume().on('end', () => BEHAVIOURS[behaviour]?.(reply));
}

beforeAll(async () => {
  hostile = createServer(answer);
  other = createServer((_request, reply) => void reply.end('{}'));
  other.on('connection', () => otherConnections++);
  const listening = [hostile, other].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
  await Promise.all(listening);
});

afterAll(() => {
  hostile.closeAllConnections();
  [hostile, other].forEach((server) => server.close());
});

/** Runs these in a process of their own. What it says on stderr would be a leak: nothing may be there. */
async function run(cases: [string, string][], deadlineMs: number, idleMs = 500) {
  const settings = { origin: addressOf(hostile), cases, deadlineMs, idleMs };
  const script = join(__dirname, 'helpers', 'hostile-client.mjs');
  const env = { PATH: process.env['PATH'] ?? '' };
  const { out, err } = await runNode([script, JSON.stringify(settings)], { cwd: __dirname, env }).ended;
  expect(err).toBe('');
  return JSON.parse(out) as { rows: Row[]; peakMiB: number };
}

const PLAIN = ['create', 'check', 'cancel', 'upload', 'download', 'list', 'delete'];
const STREAMS = ['stream', 'createStream'];

const times = (behaviours: string[], calls: string[]) =>
  behaviours.flatMap((behaviour) => calls.map((call): [string, string] => [behaviour, call]));

test(
  'given 200 MB, endless bodies and a gzip bomb for every call -> then each ends at its cap, within 300 MiB',
  { timeout: PATIENCE_MS },
  async () => {
    bytesSent = 0;
    const cases = [
      ...times(['200-mb'], ['check', 'stream']),
      ...times(['endless'], ['create', 'check', 'cancel', 'upload', 'download', ...STREAMS]),
      ...times(['gzip-bomb'], ['check', 'stream']),
      ...times(['endless-error'], ['check', ...STREAMS]),
    ];
    const { rows, peakMiB } = await run(cases, 60_000, 60_000);
    console.log(`${rows.length} calls: peak rss ${peakMiB} MiB, slowest ${Math.max(...rows.map(({ ms }) => ms))} ms`);
    expect(rows.filter(({ fault }) => !/ larger than /.test(fault.message))).toEqual([]);
    // What has the status of an error is one, however long.
    const isOdd = ({ behaviour, fault: { type } }: Row) =>
      type !== (behaviour === 'endless-error' ? 'Upstream.Rejected' : 'Upstream.Protocol');
    expect(rows.filter(isOdd)).toEqual([]);
    expect(peakMiB).toBeLessThan(300);
    expect(bytesSent / rows.length).toBeLessThan(MOST_SENT);
  },
);

test('given events without end -> then 30 MB of them take no memory, and leaving ends it', async () => {
  const { rows, peakMiB } = await run([['endless-events', 'readSome']], 20_000, 20_000);
  expect(rows[0]?.fault).toMatchObject({ type: 'none', message: expect.stringMatching(/^3\d{7}$/) as string });
  console.log(`30 MB of events: peak rss ${peakMiB} MiB`);
  expect(peakMiB).toBeLessThan(200);
});

test('given a byte now and then, in answers, errors and streams -> then each call ends at its deadline', async () => {
  const cases = [...times(['drip'], [...PLAIN, ...STREAMS]), ...times(['drip-error'], ['check', ...STREAMS])];
  const { rows } = await run(cases, 300, 300);
  const odd = rows.filter(
    ({ fault }) => fault.type !== 'Upstream.Unavailable' || !/deadline|aborted/.test(fault.message),
  );
  expect(odd).toEqual([]);
  const slow = rows.filter(({ ms }) => ms < 250 || ms > 2_300);
  expect(slow).toEqual([]);
});

test('given 307 to another host for every call -> then it is refused, and nothing reaches that host', async () => {
  otherConnections = 0;
  const { rows } = await run(times(['redirect'], [...PLAIN, ...STREAMS]), 5_000);
  const odd = rows.filter(({ fault }) => fault.type !== 'Upstream.Protocol' || fault.retryable);
  expect(odd).toEqual([]);
  expect(otherConnections).toBe(0);
  // It does listen.
  expect((await fetch(addressOf(other))).status).toBe(200);
  expect(otherConnections).toBe(1);
});

test('given events that are no JSON -> then a fault, and nothing of them on the terminal', async () => {
  const { rows } = await run(times(['malformed-events'], STREAMS), 5_000);
  expect(rows.map(({ fault }) => fault.type)).toEqual(['Upstream.Protocol', 'Upstream.Protocol']);
});
