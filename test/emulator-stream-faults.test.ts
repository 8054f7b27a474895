/** Streams that go wrong as the fault plan says. */
import type { ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { startEmulator, type FaultRule } from '../emulator';
import { emulated, type Emulated } from './helpers/emulated';
import { closedStreams, collect, eventsIn, numbersIn, pieceReader, replayed, textOf } from './helpers/streams';

type Do = FaultRule['do'];

const TIMES = { emulator_queued_seconds: '0', emulator_run_seconds: '1' };
const BODY = { model: 'o3', input: 'Why do otters hold hands?', background: true, stream: true, metadata: TIMES };

/** A run that has ended, its stream as it should be, and then a plan with one rule for looks at it. */
async function spoiled(fault: Do, more: Partial<FaultRule> = {}) {
  const all = await emulated();
  await (await createdStream(all)).body?.cancel();
  const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
  all.at(100);
  const good = await replayed(all, id);
  await closedStreams(all);
  all.emulator.setFaults([{ op: 'stream', times: 1, do: fault, ...more }]);
  return { ...all, id, good };
}

const createdStream = ({ raw }: Emulated) => raw('POST', '/responses', BODY);

const blocksOf = (text: string): string[] => text.split(/(?<=\n\n)/);

const stream = async ({ raw, id }: Pick<Emulated, 'raw'> & { id: string }, query = '') =>
  textOf(await raw('GET', `/responses/${id}?stream=true${query}`));

const swapped = (blocks: string[], at: number): string =>
  [...blocks.slice(0, at), blocks[at + 1], blocks[at], ...blocks.slice(at + 2)].join('');

describe('kinds of faults', () => {
  test.each<[string, Do, (blocks: string[]) => string, boolean, string]>([
    ['cut after 3', { kind: 'stream_cut', after: 3 }, (all) => all.slice(0, 4).join(''), true, 'cut'],
    ['cut before all', { kind: 'stream_cut', after: -1 }, () => '', true, 'cut'],
    ['cut at byte 100', { kind: 'stream_cut_at_byte', bytes: 100 }, (all) => all.join('').slice(0, 100), true, 'cut'],
    ['cut at byte 0', { kind: 'stream_cut_at_byte', bytes: 0 }, () => '', true, 'cut'],
    ['end after 3', { kind: 'stream_end', after: 3 }, (all) => all.slice(0, 4).join(''), false, 'short'],
    ['end without a terminal event', { kind: 'stream_end' }, (all) => all.slice(0, -1).join(''), false, 'short'],
    [
      'duplicate of 2',
      { kind: 'stream_duplicate', event: 2 },
      (all) => [...all.slice(0, 3), ...all.slice(2)].join(''),
      false,
      'done',
    ],
    ['gap at 2', { kind: 'stream_gap', event: 2 }, (all) => all.filter((_, i) => i !== 2).join(''), false, 'done'],
    ['reorder of 2', { kind: 'stream_reorder', event: 2 }, (all) => swapped(all, 2), false, 'done'],
    ['CRLF', { kind: 'stream_crlf' }, (all) => all.join('').replaceAll('\n', '\r\n'), false, 'done'],
    ['drip', { kind: 'stream_drip', bytes: 997, everyMs: 0 }, (all) => all.join(''), false, 'done'],
    [
      '[DONE] first',
      { kind: 'stream_insert', after: -1, what: 'done' },
      (all) => `data: [DONE]\n\n${all.join('')}`,
      false,
      'done',
    ],
    [
      'a comment',
      { kind: 'stream_insert', after: 0, what: 'comment' },
      ([first, ...rest]) => `${first}: ping\n\n${rest.join('')}`,
      false,
      'done',
    ],
  ])('given %s -> then exactly that arrives, once', async (_name, fault, expected, isCut, outcome) => {
    const all = await spoiled(fault);
    expect(await stream(all)).toEqual({ text: expected(blocksOf(all.good)), isCut });
    expect((await closedStreams(all)).at(-1)).toMatchObject({ outcome, faulted: true });
    expect(await stream(all)).toEqual({ text: all.good, isCut: false });
    expect((await closedStreams(all)).at(-1)).toMatchObject({ outcome: 'done', faulted: false });
    expect(all.emulator.faultsFired()).toEqual([1]);
  });

  test('given reorder of the last event -> then it comes all the same', async () => {
    const all = await spoiled({ kind: 'stream_gap', event: 0 });
    const last = numbersIn(all.good).length - 1;
    all.emulator.setFaults([{ op: 'stream', do: { kind: 'stream_reorder', event: last } }]);
    expect((await stream(all)).text).toBe(all.good);
  });

  test('given renumber from 3 -> then numbers begin anew there', async () => {
    const all = await spoiled({ kind: 'stream_renumber', event: 3 });
    const count = numbersIn(all.good).length;
    const numbers = numbersIn((await stream(all)).text);
    expect(numbers).toEqual([0, 1, 2, ...Array.from({ length: count - 3 }, (_, i) => i)]);
  });

  test('given silence after 2 -> then the connection is open, and nothing comes', async () => {
    const all = await spoiled({ kind: 'stream_silence', after: 2 });
    const reader = pieceReader(await all.raw('GET', `/responses/${all.id}?stream=true`));
    expect(await reader.until(3)).toHaveLength(3);
    await all.emulator.tick();
    expect(all.emulator.ledger().streams.at(-1)).toMatchObject({ outcome: 'open', events: 3, last: 2 });
    await reader.leave();
    expect((await closedStreams(all)).at(-1)).toMatchObject({ outcome: 'left', events: 3, faulted: true });
  });

  test.each<[string, Do, number]>([
    ['an event that nobody knows', { kind: 'stream_insert', after: 1, what: 'unknown_event' }, 1],
    ['bytes that are no text', { kind: 'stream_insert', after: 1, what: 'not_utf8' }, 1],
    ['3 MB', { kind: 'stream_insert', after: 1, what: 'huge', bytes: 3_000_000 }, 3_000_000],
  ])('given %s in between -> then it comes after the event that was named', async (_name, fault, bytes) => {
    const all = await spoiled(fault);
    const [, , odd = '', next] = blocksOf((await stream(all)).text);
    expect(odd).toMatch(/^event: response\.emulated\n/);
    expect(odd.length).toBeGreaterThan(bytes);
    expect(next).toBe(blocksOf(all.good)[2]);
  });

  test('given bad JSON -> then the official client fails at it', async () => {
    const { client, id } = await spoiled({ kind: 'stream_insert', after: 1, what: 'bad_json' });
    await expect(collect(await client.responses.retrieve(id, { stream: true }))).rejects.toThrow(SyntaxError);
  });
});

describe('error events', () => {
  test.each(['end', 'failed', 'go_on'] as const)('given a nested error, then %s -> then so', async (then) => {
    const all = await spoiled({ kind: 'stream_error', after: 1, form: 'nested', then });
    const events = eventsIn((await stream(all)).text).slice(2);
    expect(events[0]).toMatchObject({
      type: 'error',
      sequence_number: 2,
      error: { type: 'service_unavailable_error', code: 'server_is_overloaded', param: null },
    });
    const following = {
      end: [],
      failed: [{ type: 'response.failed', sequence_number: 3, response: { status: 'failed', id: all.id } }],
      go_on: eventsIn(all.good).slice(2),
    };
    expect(events.slice(1)).toMatchObject(following[then]);
  });

  test('given a flat error with a code -> then its fields are those of the specification', async () => {
    const fault: Do = { kind: 'stream_error', after: 0, form: 'flat', code: 'rate_limit_exceeded', message: 'Slow.' };
    const events = eventsIn((await stream(await spoiled(fault))).text);
    expect(events.slice(1)).toEqual([
      { type: 'error', code: 'rate_limit_exceeded', message: 'Slow.', param: null, sequence_number: 1 },
    ]);
  });

  test('given a nested error -> then the official client throws, and the run goes on', async () => {
    const { client, id } = await spoiled({ kind: 'stream_error', after: 1, form: 'nested', then: 'failed' });
    await expect(collect(await client.responses.retrieve(id, { stream: true }))).rejects.toThrow('overloaded');
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });
});

describe('rules', () => {
  test('given a create that is streamed -> then its stream is cut, and its run goes on', async () => {
    const all = await emulated({ faults: [{ op: 'create', nth: 1, do: { kind: 'stream_cut', after: 1 } }] });
    const { text, isCut } = await textOf(await createdStream(all));
    expect([numbersIn(text), isCut]).toEqual([[0, 1], true]);
    all.at(100);
    expect(Object.values(await all.emulator.statuses())).toEqual(['completed']);
    expect(all.emulator.ledger().calls).toMatchObject([{ op: 'create', status: 200, faulted: true }]);
  });

  test('given a run without background whose stream is cut -> then it is cancelled', async () => {
    const all = await emulated({ faults: [{ do: { kind: 'stream_cut', after: 0 } }] });
    const body = { ...BODY, background: false };
    expect((await textOf(await all.raw('POST', '/responses', body))).isCut).toBe(true);
    expect(Object.values(await all.emulator.statuses())).toEqual(['cancelled']);
  });

  test('given requests that are no streams, refused, or past the event -> then the rule waits for another', async () => {
    const all = await spoiled({ kind: 'stream_cut', after: 3 }, { op: '*' });
    await all.client.responses.retrieve(all.id);
    await all.raw('POST', '/responses', { ...BODY, model: 7 });
    await all.raw('GET', '/responses/resp_none?stream=true');
    await all.raw('GET', `/responses/${all.id}?stream=true&starting_after=x`);
    expect((await stream(all, '&starting_after=3')).isCut).toBe(false);
    expect(all.emulator.faultsFired()).toEqual([0]);
    expect((await stream(all, '&starting_after=2')).isCut).toBe(true);
    expect(all.emulator.faultsFired()).toEqual([1]);
  });

  test('given a cut after every event in turn -> then a reader that resumes has all of it, once', async () => {
    const all = await spoiled({ kind: 'stream_gap', event: 0 });
    const count = numbersIn(all.good).length;
    all.emulator.setFaults(
      Array.from({ length: count - 1 }, (_, after) => ({ op: 'stream', times: 1, do: { kind: 'stream_cut', after } })),
    );
    let text = '';
    for (let isCut = true; isCut;) {
      const seen = numbersIn(text).at(-1);
      const part = await stream(all, seen === undefined ? '' : `&starting_after=${seen}`);
      text += part.text;
      isCut = part.isCut;
    }
    expect(text).toBe(all.good);
    expect(all.emulator.faultsFired()).toEqual(Array(count - 1).fill(1));
  });

  test.each<[Do, number]>([
    [{ kind: 'drop' }, 0],
    [{ kind: 'drop', accept: true }, 1],
    [{ kind: 'status', status: 503 }, 0],
  ])('given %j for a create that is streamed -> then no stream, and %i created', async (fault, created) => {
    const { client, emulator } = await emulated({ faults: [{ op: 'create', do: fault }] });
    const request = BODY as unknown as ResponseCreateParamsStreaming;
    await expect(client.responses.create(request)).rejects.toThrow();
    expect(emulator.ledger()).toMatchObject({ streams: [], creates: Array(created).fill({}) });
  });

  test.each<[string, unknown, RegExp]>([
    ['a fault of streams for a cancel', { op: 'cancel', do: { kind: 'stream_cut', after: 1 } }, /0\.op: .*cannot be/],
    ['no event', { do: { kind: 'stream_gap' } }, /0\.do\.event: /],
    ['an event below 0', { do: { kind: 'stream_duplicate', event: -1 } }, /0\.do\.event: /],
    ['an unknown form', { do: { kind: 'stream_error', after: 1, form: 'round' } }, /0\.do\.form: /],
    ['a drip of nothing', { do: { kind: 'stream_drip', bytes: 0, everyMs: 1 } }, /0\.do\.bytes: /],
  ])('given %s -> then the plan is refused, with the place', async (_name, fault, expected) => {
    await expect(startEmulator({ faults: [fault as FaultRule] })).rejects.toThrow(expected);
  });
});
