/** Following a stream that goes wrong: the same answer as without, or a word that it cannot be had. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { createActivities } from '../src/activities';
import { follow } from '../src/activities/follow';
import { newReport } from '../src/activities/visit';
import type { FollowHeartbeat, FollowInput, FollowReport, VisitPlan } from '../src/contracts';
import { EventCursor } from '../src/stream/event-cursor';
import { createUpstream, toAnswer, toFault, type Upstream } from '../src/upstream';
import { emulated, type Emulated } from './helpers/emulated';
import { planOf } from './helpers/plans';
import { closedStreams, eventsIn, repeating, replayed } from './helpers/streams';

type Do = FaultRule['do'];

const TIMES = { emulator_queued_seconds: '0', emulator_run_seconds: '1' };
const FIELDS = { stream: true, input: 'Why do otters hold hands?', metadata: TIMES };

/** A run that was created with `stream` and has ended; a plan with these rules. */
async function ended(faults: FaultRule[] = [], fields: Record<string, unknown> = FIELDS) {
  const all = await emulated();
  await (await all.raw('POST', '/responses', { model: 'o3', background: true, ...fields })).body?.cancel();
  const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
  all.at(100);
  all.emulator.setFaults(faults);
  return { ...all, id };
}

async function followed(
  { emulator, id }: Emulated & { id: string },
  signal = new AbortController().signal,
  through = (upstream: Upstream) => upstream,
  backoffSeconds = [0, 0, 0, 0, 0, 0],
  planned: Partial<VisitPlan> = {},
) {
  const upstream = through(createUpstream({ apiKey: 'sk-test', baseURL: emulator.url, streamIdleMs: 300 }));
  const plan = planOf(planned);
  const input: FollowInput = {
    taskId: 'task',
    responseId: id,
    plan,
    place: { cursor: null, textTail: '' },
    untilStarted: false,
    taskQueue: 'tasks',
  };
  const cursor = new EventCursor();
  const deps = {
    upstream,
    keepAnswer: (response: Parameters<typeof toAnswer>[0]) => Promise.resolve(toAnswer(response, 1_000_000)),
    signal,
    secrets: () => undefined,
    nowMs: () => Date.now(),
    backoffSeconds,
  };
  return { cursor, ...(await follow(input, cursor, newReport(id, plan), deps)) };
}

const streams = (faults: Do[], more: Partial<FaultRule> = {}): FaultRule[] =>
  faults.map((fault) => ({ op: 'stream', times: 1, do: fault, ...more }));

let good: { text: string; count: number; wire: string };
beforeAll(async () => {
  const all = await ended();
  const wire = await replayed(all, all.id);
  const { report, cursor } = await followed(all);
  expect(report.answer?.outputText?.endsWith(cursor.textTail)).toBe(true);
  good = { text: report.answer?.outputText ?? '', count: eventsIn(wire).length, wire };
});

describe('what a stream can do to us', () => {
  test.each<[string, Do[], number]>([
    ['nothing', [], 1],
    ['a cut before the first event', [{ kind: 'stream_cut', after: -1 }], 2],
    ['three cuts', [2, 5, 7].map((after) => ({ kind: 'stream_cut', after })), 4],
    ['the end without a terminal event', [{ kind: 'stream_end' }], 1],
    ['an event twice', [{ kind: 'stream_duplicate', event: 4 }], 1],
    ['an event left out', [{ kind: 'stream_gap', event: 4 }], 2],
    ['an event late', [{ kind: 'stream_reorder', event: 4 }], 2],
    ['numbers that begin anew', [{ kind: 'stream_renumber', event: 4 }], 2],
    ['a nested error', [{ kind: 'stream_error', after: 3, form: 'nested', then: 'go_on' }], 2],
    ['a flat error', [{ kind: 'stream_error', after: 3, form: 'flat', then: 'go_on' }], 1],
    ['silence', [{ kind: 'stream_silence', after: 3 }], 2],
    ['[DONE] in between', [{ kind: 'stream_insert', after: 3, what: 'done' }], 2],
    ['a comment', [{ kind: 'stream_insert', after: 3, what: 'comment' }], 1],
    ['an event that nobody knows', [{ kind: 'stream_insert', after: 3, what: 'unknown_event' }], 1],
    ['bad JSON', [{ kind: 'stream_insert', after: 3, what: 'bad_json' }], 2],
    ['bytes that are no text', [{ kind: 'stream_insert', after: 3, what: 'not_utf8' }], 1],
    ['an event of 9 MB', [{ kind: 'stream_insert', after: 3, what: 'huge', bytes: 9_000_000 }], 2],
    ['CRLF', [{ kind: 'stream_crlf' }], 1],
    ['seven bytes at a time', [{ kind: 'stream_drip', bytes: 7, everyMs: 0 }], 1],
  ])('given %s -> then the same answer', async (_name, faults, connections) => {
    const early: FaultRule[] = [{ op: 'retrieve', times: connections - 1, do: { kind: 'regress' } }];
    const all = await ended([...(connections > 1 ? early : []), ...streams(faults)]);
    const { ended: how, report, cursor } = await followed(all);
    expect(how).toBe('answered');
    expect(report.answer).toMatchObject({ status: 'completed', outputText: good.text });
    expect(good.text.endsWith(cursor.textTail)).toBe(true);
    const rows = await closedStreams(all);
    expect(rows.filter(({ op }) => op === 'stream').length).toBeGreaterThanOrEqual(connections);
    expect(report.polls).toBeGreaterThanOrEqual(connections);
  });

  test.each([
    ['announces an item', /output_item\.added/],
    ['has a piece of the text', /output_text\.delta/],
  ])(
    'given a cut at each byte of an event that %s -> then the same answer, and what was seen is not asked for again',
    async (_what, type) => {
      const blocks = good.wire.split(/(?<=\n\n)/);
      const nth = blocks.findIndex((block) => type.test(block));
      const before = Buffer.byteLength(blocks.slice(0, nth).join(''));
      const bytes = Buffer.byteLength(blocks[nth] ?? '');
      expect(bytes).toBeGreaterThan(50);
      const all = await ended();
      for (let at = 0; at <= bytes; at++) {
        const rows = (await closedStreams(all)).length;
        const rules: FaultRule[] = [{ op: 'retrieve', times: 1, do: { kind: 'regress' } }];
        all.emulator.setFaults([...rules, ...streams([{ kind: 'stream_cut_at_byte', bytes: before + at }])]);
        const { report, cursor } = await followed(all);
        expect(report.answer?.outputText).toBe(good.text);
        expect(cursor).toMatchObject({ last: good.count - 1, replayed: 0, gaps: 0, textTail: good.text });
        const asked = (await closedStreams(all)).slice(rows).map(({ startingAfter }) => startingAfter);
        expect(asked).toEqual([null, at === bytes ? nth : nth - 1]);
      }
    },
  );

  test('given a cut after each event, and a server that sends all of it again -> then that is dropped', async () => {
    const all = await ended();
    for (let after = 0; after < good.count - 1; after++) {
      const rules: FaultRule[] = [{ op: 'retrieve', times: 1, do: { kind: 'regress' } }];
      all.emulator.setFaults([...rules, ...streams([{ kind: 'stream_cut', after }])]);
      const { report, cursor } = await followed(all, undefined, repeating);
      expect(report.answer?.outputText).toBe(good.text);
      expect(cursor).toMatchObject({ last: good.count - 1, replayed: after + 1, gaps: 0, textTail: good.text });
    }
    expect(all.emulator.ledger().creates).toHaveLength(1);
  });

  test.each(['nested', 'flat'] as const)(
    'given a %s error and response.failed of a run that has failed -> then one failure, of one GET',
    async (form) => {
      const fields = { ...FIELDS, metadata: { ...TIMES, emulator_scenario: 'failed' } };
      const fault: Do = { kind: 'stream_error', after: 2, form, code: 'of_the_stream', then: 'failed' };
      const all = await ended(streams([fault]), fields);
      const { ended: how, report } = await followed(all);
      expect([how, report.polls, report.fault]).toEqual(['answered', 1, null]);
      expect(report.answer).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
      expect(all.emulator.faultsFired()).toEqual([1]);
    },
  );

  test('given a run that goes on after its stream has ended in good order -> then no answer before its end', async () => {
    const running: FaultRule[] = [{ op: 'retrieve', times: 2, do: { kind: 'regress' } }];
    const short = streams([
      { kind: 'stream_end', after: 4 },
      { kind: 'stream_end', after: 6 },
    ]);
    const all = await ended([...running, ...short]);
    const { ended: how, report } = await followed(all);
    expect([how, report.answer?.status, report.polls]).toEqual(['answered', 'completed', 3]);
    const asked = (await closedStreams(all)).filter(({ op }) => op === 'stream').map((row) => row.startingAfter);
    expect(asked).toEqual([null, 4, 6]);
  });
});

describe('a stream that cannot be had', () => {
  test('given a run that was not created with stream -> then fall back at once, and say why', async () => {
    const all = await ended([{ op: 'retrieve', do: { kind: 'regress' } }], { ...FIELDS, stream: false });
    const { ended: how, reason } = await followed(all);
    expect([how, reason]).toEqual(['fall_back', expect.stringContaining('not created with stream=true')]);
    expect(all.emulator.ledger().calls.filter(({ op }) => op === 'stream')).toHaveLength(1);
  });

  test('given a run that is older than five minutes -> then fall back at once, and say why', async () => {
    const all = await ended([{ op: 'retrieve', do: { kind: 'regress' } }]);
    all.at(301);
    const { ended: how, reason } = await followed(all);
    expect([how, reason]).toEqual(['fall_back', expect.stringContaining('more than 5 minutes old')]);
  });

  test.each<[string, Do]>([
    ['503', { kind: 'status', status: 503 }],
    ['404', { kind: 'status', status: 404 }],
    ['a cut before the first event', { kind: 'stream_cut', after: -1 }],
    ['a nested error at the start', { kind: 'stream_error', after: -1, form: 'nested' }],
  ])('given %s each time -> then fall back after six connections', async (_name, fault) => {
    const all = await ended([
      { op: 'retrieve', do: { kind: 'regress' } },
      { op: 'stream', do: fault },
    ]);
    expect((await followed(all)).ended).toBe('fall_back');
    expect(all.emulator.ledger().calls.filter(({ op }) => op === 'stream')).toHaveLength(6);
  });

  test('given a terminal event that no GET confirms -> then never an answer', async () => {
    const { ended: how, report, reason } = await followed(await ended([{ op: 'retrieve', do: { kind: 'regress' } }]));
    expect([how, report.answer]).toEqual(['fall_back', null]);
    expect(reason).toContain('6 connections');
  });
});

test('given one cut soon after the other, each with something new -> then the waits grow, and none is lost', async () => {
  const cuts = streams([2, 5, 7].map((after): Do => ({ kind: 'stream_cut', after })));
  const all = await ended([{ op: 'retrieve', times: 3, do: { kind: 'regress' } }, ...cuts]);
  const beganMs = performance.now();
  const { report } = await followed(all, undefined, undefined, [0, 0.3, 0.5]);
  expect(report.answer?.outputText).toBe(good.text);
  expect(performance.now() - beganMs).toBeGreaterThan(800);
});

describe('looks that fail beside a stream', () => {
  const busy = (headers: Record<string, string> = {}): Do => ({ kind: 'status', status: 429, headers });

  /** When each look was made, in seconds from the beginning. */
  async function looksOf(all: Awaited<ReturnType<typeof ended>>, plan: Partial<VisitPlan> = {}): Promise<number[]> {
    const atMs: number[] = [];
    const noting = (upstream: Upstream): Upstream => ({
      ...upstream,
      retrieve: (...args) => (atMs.push(performance.now()), upstream.retrieve(...args)),
    });
    const beganMs = performance.now();
    const { report } = await followed(all, undefined, noting, undefined, plan);
    expect(report.answer?.outputText).toBe(good.text);
    return atMs.map((ms) => (ms - beganMs) / 1000);
  }

  test('given Retry-After at a look, after an event that says the end -> then the next one comes no sooner', async () => {
    const all = await ended([{ op: 'retrieve', times: 1, do: busy({ 'retry-after': '1.4' }) }]);
    const [first = NaN, second = NaN, ...more] = await looksOf(all);
    expect([second - first > 1.39, more]).toEqual([true, []]);
  });

  test('given cuts that each bring something new, and looks that fail -> then these are a second apart', async () => {
    const cuts = streams([2, 5].map((after): Do => ({ kind: 'stream_cut', after })));
    const all = await ended([{ op: 'retrieve', times: 2, do: busy() }, ...cuts]);
    const [first = NaN, second = NaN, third = NaN, ...more] = await looksOf(all);
    expect([second - first > 0.99, third - second > 0.99, more]).toEqual([true, true, []]);
  });

  test('given a look of the create that failed just now -> then the first one comes no sooner than it was told', async () => {
    const fault = toFault(new Error('busy'), 0);
    const [first = NaN] = await looksOf(await ended(), { fault, retryAfterSeconds: 1.2 });
    expect(first).toBeGreaterThan(1.19);
  });
});

test('given a text that quotes a secret of another worker -> then no heartbeat has a part of it', async () => {
  const secret = 'canary-7f3e-of-another-worker';
  const input = `Why do ${secret} hold hands? ${'And paws? '.repeat(5)}`;
  const all = await ended(streams([{ kind: 'stream_drip', bytes: 40, everyMs: 1 }]), { ...FIELDS, input });
  const place = { cursor: null, textTail: '' };
  const plan = planOf({ secretNames: ['ANOTHERS'] });
  const task = { taskId: 'task', responseId: all.id, place, untilStarted: false, taskQueue: 'tasks', plan };
  const openai = { apiKey: 'sk-test', baseURL: all.emulator.url };
  const activities = createActivities({ openai, secrets: () => Promise.resolve(secret) });
  // So that a heartbeat comes each millisecond.
  const env = new MockActivityEnvironment({ heartbeatTimeoutMs: 3 });
  const tails: string[] = [];
  env.on('heartbeat', ({ textTail }: FollowHeartbeat) => tails.push(textTail));
  const run = (given: FollowInput) => activities.followResponse(given);
  const { report } = await env.run<[FollowInput], FollowReport, typeof run>(run, task);
  expect(report.answer?.outputText).toContain('You asked: "Why do *** hold');
  expect(tails.filter((tail) => /canary|7f3e|another/.test(tail))).toEqual([]);
  expect(tails.some((tail) => tail.includes('Why do *** hold'))).toBe(true);
});

test('given an abort while the stream is silent -> then it throws at once, and upstream is not told to stop', async () => {
  const all = await ended(streams([{ kind: 'stream_silence', after: 2 }]));
  const controller = new AbortController();
  const running = followed(all, controller.signal);
  const isOpen = () => all.emulator.ledger().streams.some(({ op, last }) => op === 'stream' && last === 2);
  while (!isOpen()) await new Promise(setImmediate);
  controller.abort();
  await expect(running).rejects.toThrow();
  expect(all.emulator.ledger().cancels).toEqual([]);
});
