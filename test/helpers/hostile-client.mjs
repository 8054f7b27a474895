/**
 * Calls of the built package against a server that means it ill, one after the other, in a process of its own so that
 * its memory is theirs alone. Argument: JSON of `{ origin, cases: [behaviour, call][], deadlineMs, idleMs }`.
 * Prints JSON of `{ rows: { behaviour, call, fault, ms }[], peakMiB }`.
 */
import { existsSync, readFileSync } from 'node:fs';
import upstreamModule from '../../lib/src/upstream/index.js';

const { createUpstream, toFault } = upstreamModule;
const { origin, cases, deadlineMs, idleMs } = JSON.parse(process.argv[2] ?? '{}');

const REQUEST = { model: 'o3', input: 'A very private prompt', background: true };
const UPLOAD = { purpose: 'user_data', expiresAfterSeconds: 3600 };

async function readAll(events) {
  let read = 0;
  for await (const event of events) read += JSON.stringify(event).length;
  return read;
}

/** Leaves at some time: what goes on for ever is no fault of a stream. */
async function readSome(upstream) {
  let bytes = 0;
  for await (const event of upstream.events('resp_1', eventOptions(never))) {
    bytes += event.delta?.length ?? 0;
    if (bytes >= 30_000_000) return bytes;
  }
  return bytes;
}

const eventOptions = (signal) => ({ startingAfter: null, include: [], signal });
const never = new globalThis.AbortController().signal;

const CALLS = {
  create: (upstream) => upstream.create(REQUEST),
  check: (upstream) => upstream.retrieve('resp_1', []),
  cancel: (upstream) => upstream.cancel('resp_1'),
  upload: (upstream) => upstream.uploadContent(new Uint8Array(1000), 'a.csv', UPLOAD),
  download: (upstream) => upstream.containerFile('cntr_1', 'cfile_1'),
  list: (upstream) => upstream.findMarked('mark', 0),
  delete: (upstream) => upstream.deleteFile('file-1'),
  stream: (upstream) => readAll(upstream.events('resp_1', eventOptions(never))),
  createStream: (upstream) => readAll(upstream.createStream(REQUEST, never)),
  readSome,
};

const rows = [];
for (const [behaviour, call] of cases) {
  const baseURL = `${origin}/${behaviour}/v1`;
  const upstream = createUpstream({ apiKey: 'sk-canary', baseURL, callDeadlineMs: deadlineMs, streamIdleMs: idleMs });
  const startMs = Date.now();
  const fault = await CALLS[call](upstream).then(
    (value) => ({ type: 'none', message: JSON.stringify(value ?? null).slice(0, 100) }),
    (error) => toFault(error, startMs),
  );
  rows.push({ behaviour, call, fault, ms: Date.now() - startMs });
}

/** On Linux `maxRSS` begins with what the process had that started this one. */
function peakKiB() {
  const status = '/proc/self/status';
  if (!existsSync(status)) return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]);
}

console.log(JSON.stringify({ rows, peakMiB: Math.round(peakKiB() / 1024) }));
