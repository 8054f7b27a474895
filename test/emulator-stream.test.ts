/** Streams as their readers see them: the order and the numbers of events, replays, live tails, refusals. */
import { join } from 'node:path';
import type { ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { SCENARIOS, startEmulator } from '../emulator';
import { temporaryFolder } from './helpers/embedded';
import { emulated, START_MS, thrown, type Emulated } from './helpers/emulated';
import { assembled, closedStreams, collect, eventsIn, numbersIn, pieceReader, replayed } from './helpers/streams';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const ENDLESS = ['stuck_queued', 'stuck_in_progress', 'unknown_status_forever'];
const ENCRYPTED = 'reasoning.encrypted_content';

const body = (fields: Record<string, unknown> = {}, metadata: Record<string, string> = {}) => ({
  model: 'o3',
  input: 'Why do otters hold hands? 🦦',
  background: true,
  stream: true,
  metadata: { ...TIMES, ...metadata },
  ...fields,
});

const scenario = (name: string) => body({}, { emulator_scenario: name });

/** A create whose stream is being read, and the id of its response. */
async function opened({ raw, emulator }: Emulated, fields: Record<string, unknown> = body()) {
  const reader = pieceReader(await raw('POST', '/responses', fields));
  await reader.until(1);
  return { reader, id: emulator.ledger().creates.at(-1)?.id ?? '' };
}

/** A response that was streamed to its end. */
async function ended(all: Emulated, fields: Record<string, unknown> = body()) {
  const stream = await all.client.responses.create(fields as unknown as ResponseCreateParamsStreaming);
  all.at(100);
  const events = await collect(stream);
  const [first] = events;
  if (first?.type !== 'response.created') throw new Error('A stream begins with the creation.');
  return { id: first.response.id, events };
}

describe('every scenario', () => {
  test.each(SCENARIOS.filter((name) => !ENDLESS.includes(name)))(
    'given %s -> then the pieces are the text, and the end is what GET gives',
    async (name) => {
      const all = await emulated();
      const { id, events } = await ended(all, scenario(name));
      const response = await all.client.responses.retrieve(id);
      expect(assembled(events)).toBe(response.output_text);
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i));
      expect(events.at(-1)).toMatchObject({ type: `response.${response.status}` });
      expect(events.at(-1)).toHaveProperty('response', await (await all.raw('GET', `/responses/${id}`)).json());
      const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? event.item : []));
      expect(items).toEqual(response.output);
    },
  );

  test.each(ENDLESS)('given %s -> then it stays open until a cancel, which ends it', async (name) => {
    const all = await emulated();
    const { id, reader } = await opened(all, scenario(name));
    all.at(65);
    expect((await reader.until(4)).filter((type) => type === 'keepalive').length).toBeGreaterThan(0);
    await all.client.responses.cancel(id);
    expect((await reader.until(Infinity)).at(-1)).toBe('failed');
    expect(eventsIn(await replayed(all, id)).at(-1)).toMatchObject({ response: { id, status: 'cancelled' } });
  });

  test('given the helper of the official client -> then it gives the final response', async () => {
    const all = await emulated();
    const { id } = await ended(all);
    const final = await all.client.responses.stream({ response_id: id }).finalResponse();
    expect(final).toMatchObject({ id, status: 'completed' });
  });

  test('given no background -> then it is streamed too, and from its first event in progress', async () => {
    const all = await emulated();
    const { id, events } = await ended(all, body({ background: false }));
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'response.created', response: { status: 'in_progress' } },
      { type: 'response.in_progress' },
    ]);
    expect(assembled(events)).toBe((await all.client.responses.retrieve(id)).output_text);
  });
});

describe('the wire', () => {
  test('given a stream -> then event and data lines, no ids, no [DONE]', async () => {
    const all = await emulated();
    const reply = await all.raw('POST', '/responses', body());
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/);
    all.at(100);
    const text = await reply.text();
    expect(text.split('\n\n').filter(Boolean)).toHaveLength(eventsIn(text).length);
    for (const block of text.split('\n\n').filter(Boolean)) expect(block).toMatch(/^event: [\w.]+\ndata: \{.*\}$/);
  });

  test.each<[string, Record<string, unknown>, string, boolean]>([
    ['nothing said', {}, '', true],
    ['stream_options: false', { stream_options: { include_obfuscation: false } }, '', false],
    ['the query: false', {}, '&include_obfuscation=false', false],
    ['the query: true', {}, '&include_obfuscation=true', true],
  ])('given obfuscation: %s -> then deltas have it or not, the same for all', async (_name, fields, query, wanted) => {
    const all = await emulated();
    const first = await all.raw('POST', '/responses', body(fields));
    all.at(100);
    const created = await first.text();
    const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
    const [one, other] = [await replayed(all, id, query), await replayed(all, id, query)];
    expect(one).toBe(other);
    const deltas = eventsIn(query === '' ? created : one).filter(({ delta }) => delta !== undefined);
    expect(new Set(deltas.map(({ obfuscation }) => obfuscation !== undefined))).toEqual(new Set([wanted]));
    const sizes = deltas.map(({ delta = '', obfuscation = '' }) => (delta.length + obfuscation.length) % 16);
    if (wanted) expect(new Set(sizes)).toEqual(new Set([0]));
  });

  test('given include -> then the events of each reader have what it asked for', async () => {
    const all = await emulated();
    const fields = { reasoning: { effort: 'low' }, include: [ENCRYPTED] };
    const { id, events } = await ended(all, body(fields));
    expect(JSON.stringify(events.at(-1))).toContain('encrypted_content');
    expect(await replayed(all, id)).not.toContain('encrypted_content');
    expect(await replayed(all, id, `&include[]=${ENCRYPTED}`)).toContain('encrypted_content');
  });
});

describe('replay and live tail', () => {
  test('given any number that was seen -> then exactly the rest', async () => {
    const all = await emulated();
    const { id, events } = await ended(all, scenario('deep_research'));
    const blocks = (await replayed(all, id)).split(/(?<=\n\n)/);
    expect(blocks).toHaveLength(events.length);
    for (let number = 0; number < events.length; number++) {
      expect(await replayed(all, id, `&starting_after=${number}`)).toBe(blocks.slice(number + 1).join(''));
    }
    expect(await replayed(all, id, '&starting_after=1000000')).toBe('');
  });

  test('given the official client and a number -> then the events after it', async () => {
    const all = await emulated();
    const { id, events } = await ended(all);
    const rest = await collect(await all.client.responses.retrieve(id, { stream: true, starting_after: 4 }));
    expect(rest.map(({ sequence_number, type }) => [sequence_number, type])).toEqual(
      events.slice(5).map(({ sequence_number, type }) => [sequence_number, type]),
    );
  });

  test('given a clock that moves -> then events come when they happen', async () => {
    const all = await emulated();
    const { reader } = await opened(all);
    expect(await reader.until(2)).toEqual(['created', 'queued']);
    all.at(1);
    await all.emulator.tick();
    expect(await reader.until(3)).toEqual(['created', 'queued', 'in_progress']);
    expect(all.emulator.ledger().streams).toMatchObject([{ outcome: 'open', events: 3, last: 2 }]);
    all.at(10);
    expect((await reader.until(Infinity)).at(-1)).toBe('completed');
  });

  test('given several readers, early and late -> then all have the same bytes', async () => {
    const all = await emulated();
    const first = await all.raw('POST', '/responses', body());
    const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
    const early = replayed(all, id);
    all.at(5);
    const middle = replayed(all, id);
    all.at(10);
    const texts = [await first.text(), await early, await middle, await replayed(all, id)];
    expect(new Set(texts).size).toBe(1);
    expect(numbersIn(texts[0] ?? '').length).toBeGreaterThan(8);
  });

  test('given a reader that hangs up -> then a background run goes on', async () => {
    const all = await emulated();
    const { id, reader } = await opened(all);
    await reader.leave();
    expect(await closedStreams(all)).toMatchObject([{ outcome: 'left', events: 2, last: 1 }]);
    all.at(10);
    expect((await all.client.responses.retrieve(id)).status).toBe('completed');
  });

  test('given a reader of a run without background that hangs up -> then the run is cancelled', async () => {
    const all = await emulated();
    const { id, reader } = await opened(all, body({ background: false }));
    await reader.leave();
    await closedStreams(all);
    expect(await all.emulator.statuses()).toEqual({ [id]: 'cancelled' });
  });

  test.each([
    ['failed', 'failed'],
    ['none', 'in_progress'],
    ['goes_on', 'completed'],
  ])('given a cancel and emulator_cancelled_stream %s -> then the last event is %s', async (manner, last) => {
    const all = await emulated();
    const { id, reader } = await opened(all, body({}, { emulator_cancelled_stream: manner }));
    all.at(1);
    await reader.until(3);
    await all.client.responses.cancel(id);
    all.at(10);
    expect((await reader.until(Infinity)).at(-1)).toBe(last);
  });

  test('given a cancel by a clock that is behind -> then nothing that was told is taken back', async () => {
    const all = await emulated();
    const { id, reader } = await opened(all);
    all.at(5);
    const seen = await reader.until(6);
    all.at(2);
    await all.client.responses.cancel(id);
    all.at(10);
    const types = eventsIn(await replayed(all, id)).map(({ type }) => type.replace('response.', ''));
    expect(types.slice(0, seen.length)).toEqual(seen);
    expect(types.at(-1)).toBe('failed');
  });

  test('given the clock of the machine -> then the events of a run come by themselves', async () => {
    const all = await emulated({ clock: Date });
    const times = { emulator_queued_seconds: '0.05', emulator_run_seconds: '0.2' };
    const begin = performance.now();
    const request = body({ metadata: times }) as unknown as ResponseCreateParamsStreaming;
    const events = await collect(await all.client.responses.create(request));
    expect(performance.now() - begin).toBeGreaterThan(240);
    expect(events.at(-1)?.type).toBe('response.completed');
  });
});

describe('refusals', () => {
  const text = (lacking: string) => `This response cannot be streamed because it was not created with ${lacking}=true.`;

  test.each<[string, Record<string, unknown>, number, string, Record<string, unknown>]>([
    ['not streamed', { stream: false }, 0, '', { param: 'stream', code: null, message: text('stream') }],
    ['no background', { background: false }, 0, '', { param: 'stream', code: null, message: text('background') }],
    [
      'more than 5 minutes old',
      {},
      300.001,
      '',
      {
        param: 'stream',
        code: null,
        message: 'This response can no longer be streamed because it is more than 5 minutes old',
      },
    ],
    [
      'a cursor that is no number',
      {},
      0,
      '&starting_after=x',
      {
        param: 'starting_after',
        code: 'invalid_type',
        message: "Invalid type for 'starting_after': expected an integer, but got a string instead.",
      },
    ],
    ['half a number', {}, 0, '&starting_after=1.5', { param: 'starting_after', code: 'invalid_type' }],
    ['a number below 0', {}, 0, '&starting_after=-1', { param: 'starting_after', code: 'integer_below_min_value' }],
    ['a strange flag', {}, 0, '&include_obfuscation=1', { param: 'include_obfuscation', code: 'invalid_type' }],
  ])('given %s -> then 400 with param, code and message', async (_name, fields, seconds, query, expected) => {
    const all = await emulated();
    const times = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
    await (await all.raw('POST', '/responses', body({ ...fields, metadata: times }))).text();
    const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
    all.at(seconds);
    const reply = await all.raw('GET', `/responses/${id}?stream=true${query}`);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { type: 'invalid_request_error', ...expected } });
    expect(all.emulator.ledger().calls.at(-1)).toMatchObject({ op: 'stream', status: 400, id });
  });

  test('given exactly 5 minutes -> then it is streamed, and one that is open goes on after them', async () => {
    const all = await emulated();
    const { id, reader } = await opened(all, body({}, { emulator_run_seconds: '400' }));
    all.at(300);
    const second = all.raw('GET', `/responses/${id}?stream=true&starting_after=2`);
    expect((await second).status).toBe(200);
    all.at(401);
    expect((await reader.until(Infinity)).at(-1)).toBe('completed');
    expect(eventsIn(await (await second).text()).at(-1)?.type).toBe('response.completed');
  });

  test('given an unknown response -> then 404', async () => {
    const { client } = await emulated();
    expect((await thrown(client.responses.retrieve('resp_none', { stream: true }))).status).toBe(404);
  });
});

describe('accounts', () => {
  test('given streams -> then rows in the ledger say who read what and how it ended', async () => {
    const all = await emulated();
    const { id, events } = await ended(all, body({}, { task_id: 'task-1' }));
    await replayed(all, id, '&starting_after=3');
    const last = events.length - 1;
    const row = { id, task: 'task-1', outcome: 'done', last, faulted: false, endedAt: START_MS + 100_000 };
    const { streams, calls } = all.emulator.ledger();
    expect(streams).toEqual([
      { ...row, op: 'create', at: START_MS, startingAfter: null, events: events.length },
      { ...row, op: 'stream', at: START_MS + 100_000, startingAfter: 3, events: events.length - 4 },
    ]);
    expect(calls.map(({ op, status }) => [op, status])).toEqual([
      ['create', 200],
      ['stream', 200],
    ]);
  });

  test('given limits of the account -> then streamed creates and streams count', async () => {
    const all = await emulated({ limits: { concurrentResponses: 1, requestsPerMinute: 3 } });
    const { id } = await opened(all);
    expect((await all.raw('POST', '/responses', body())).status).toBe(429);
    void (await all.raw('GET', `/responses/${id}?stream=true`)).body?.cancel();
    expect((await all.raw('GET', `/responses/${id}?stream=true`)).status).toBe(429);
  });

  test('given a restart in a run -> then the same bytes, and what was open was cut', async () => {
    const folder = await temporaryFolder();
    const stateFile = join(folder.path, 'state.jsonl');
    const all = await emulated({ stateFile, timeScale: 2 });
    const metadata = { emulator_keepalive_seconds: '3', emulator_run_seconds: '200' };
    const { id, reader } = await opened(all, body({}, metadata));
    all.at(60);
    const seen = await reader.until(30);
    await all.emulator.close();
    const second = await startEmulator({ stateFile, clock: { now: () => START_MS + 101_000 } });
    const headers = { authorization: 'Bearer sk-test' };
    const whole = await (await fetch(`${second.url}/responses/${id}?stream=true`, { headers })).text();
    const rest = await (await fetch(`${second.url}/responses/${id}?stream=true&starting_after=9`, { headers })).text();
    const { streams } = second.ledger();
    await second.close();
    await folder.remove();
    const types = eventsIn(whole).map(({ type }) => type.replace('response.', ''));
    expect(types.slice(0, seen.length)).toEqual(seen);
    expect(whole.endsWith(rest)).toBe(true);
    expect(numbersIn(rest)[0]).toBe(10);
    expect(streams.map(({ outcome }) => outcome)).toEqual(['cut', 'done', 'done']);
  });

  test('given an emulator that stops -> then open streams are cut', async () => {
    const all = await emulated();
    const { reader } = await opened(all);
    await all.emulator.close();
    await expect(reader.until(Infinity)).rejects.toThrow('terminated');
    expect(await closedStreams(all)).toMatchObject([{ outcome: 'cut' }]);
  });
});
