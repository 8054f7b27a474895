/** `client.tail`: whatever happens on the way, the text that was told is the answer. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../emulator';
import { TaskEndedError, UsageError, type DurableResponses } from '../src/client';
import type { TailEvent, TaskInput } from '../src/contracts';
import { eventually } from './helpers/embedded';
import { connectTo } from './helpers/clients';
import { streamable } from './helpers/tailed';
import { endOfTail, ofKind, restartsIn, sha256, textTold, told } from './helpers/tails';
import { devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

let world: World;
let client: DurableResponses;
let worker: ReturnType<typeof keepWorking>;

beforeAll(async () => {
  world = await devServerWorld();
  client = await connectTo(world);
  worker = keepWorking(world);
});

afterAll(async () => {
  await worker.stop();
  await client.close();
  await world.close();
});

beforeEach(() => world.emulator.setFaults([]));

const RUN = { emulator_queued_seconds: '0.2', emulator_run_seconds: '1.5' };

const streamed = (scenario: string, fields: object = {}, metadata: Record<string, string> = RUN): TaskInput => ({
  request: {
    model: 'o3',
    input: 'Why do otters hold hands?',
    metadata: { emulator_scenario: scenario, ...metadata },
    ...fields,
  },
  options: { watch: 'stream' },
});

async function startStreamed(...task: Parameters<typeof streamed>): Promise<string> {
  return (await client.startTask(streamed(...task), { id: uniqueId('tail') })).id;
}

/** Streams of viewers of a response. */
const streamsOf = (responseId: string | null) =>
  world.emulator.ledger().streams.filter(({ op, id }) => op === 'stream' && id === responseId);

function expectWholeText(events: readonly TailEvent[]): void {
  const { outputText } = endOfTail(events);
  expect(sha256(textTold(events))).toBe(sha256(outputText));
}

/** As `told`; what has come so far is in `events`. */
async function watched(id: string, events: TailEvent[]): Promise<TailEvent[]> {
  for await (const event of client.tail(id)) events.push(event);
  return events;
}

describe('text, live', () => {
  it.each<[string, string[], object?]>([
    ['text', []],
    ['json_schema', []],
    ['reasoning', [], { reasoning: { effort: 'high', summary: 'auto' } }],
    ['web_search', ['web_search_call']],
    ['deep_research', ['web_search_call']],
    ['code_interpreter', ['code_interpreter_call']],
    ['file_search', ['file_search_call']],
    ['mcp', ['mcp_list_tools', 'mcp_call']],
    ['incomplete_max_output_tokens', []],
    ['incomplete_content_filter', []],
    ['unknown_status', []],
    ['flapping', []],
  ])(
    'given %s -> then the pieces are the text of the result, each once, and tools are told',
    async (name, tools, more) => {
      const events = await told(client.tail(await startStreamed(name, more)));
      expectWholeText(events);
      expect(restartsIn(events)).toBe(0);
      expect(ofKind(events, 'text').length, 'it came in pieces').toBeGreaterThan(2);
      expect(new Set(ofKind(events, 'tool').map(({ tool }) => tool))).toEqual(new Set(tools));
      expect(ofKind(events, 'reasoning').length > 0).toBe(name === 'reasoning');
      expect(ofKind(events, 'status').map(({ status }) => status)).toContain('in_progress');
    },
  );

  it('given a run that fails -> then no text, and the end says why', async () => {
    const events = await told(client.tail(await startStreamed('failed')));
    expect(textTold(events)).toBe('');
    expect(endOfTail(events)).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
  });

  it('given five viewers, early, in the middle and late, one of them leaving -> then the same text, a stream for each', async () => {
    const id = await startStreamed('text', {}, { ...RUN, emulator_run_seconds: '5', emulator_output_bytes: '4000' });
    const viewers: Promise<TailEvent[]>[] = [told(client.tail(id)), told(client.tail(id))];
    const left = await told(client.tail(id), (events) => ofKind(events, 'text').length >= 10);
    const middle: TailEvent[] = [];
    viewers.push(watched(id, middle));
    await eventually('half of it has come', () => ofKind(middle, 'text').length >= 30);
    viewers.push(told(client.tail(id)));
    const whole = await Promise.all(viewers);
    whole.forEach(expectWholeText);
    const [text = ''] = whole.map(textTold);
    expect(whole.map((events) => [sha256(textTold(events)), restartsIn(events)])).toEqual(
      whole.map(() => [sha256(text), 0]),
    );
    expect(text.startsWith(textTold(left))).toBe(true);
    expect(textTold(left).length).toBeLessThan(text.length);
    const { responseId } = endOfTail(whole[0] ?? []);
    // The worker's own begins where its create was left.
    const ofViewers = () => streamsOf(responseId).filter(({ startingAfter }) => startingAfter === null);
    await eventually('all are closed', () => ofViewers().every(({ outcome }) => outcome !== 'open'));
    expect(
      ofViewers()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['done', 'done', 'done', 'done', 'left']);
  });

  it('given an item of a batch -> then its text, live, as its record has it', async () => {
    const batch = uniqueId('batch');
    await world.startBatch({ items: [{ id: 'one', task: streamed('text') }] }, batch);
    await eventually('it is started', () => client.status(`${batch}/one`).then(Boolean, () => false));
    const events = await told(client.tail(`${batch}/one`));
    expectWholeText(events);
    expect(ofKind(events, 'text').length).toBeGreaterThan(3);
    await client.batchResult(batch);
    expect((await world.recordsOf(batch))[0]?.result).toBe(textTold(events));
  });

  it('given a task that has ended -> then its text in one piece, and the end', async () => {
    const id = await startStreamed('text');
    const result = await client.result(id);
    expect(await told(client.tail(id))).toEqual([
      { kind: 'text', delta: result.outputText },
      { kind: 'end', result },
    ]);
  });

  it('given a task that was watched -> then its history has the answer, and nothing of the stream', async () => {
    const id = await startStreamed('text', {}, { ...RUN, emulator_output_bytes: '20000' });
    const events = await told(client.tail(id));
    const { outputText } = endOfTail(events);
    const history = await world.client.workflow.getHandle(id).fetchHistory();
    const payloads = JSON.stringify(history, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
    );
    expect(history.events?.length).toBeLessThan(40);
    expect(payloads).not.toContain('.delta');
    const answers = payloads.split(JSON.stringify(outputText?.slice(0, 500)).slice(1, -1)).length - 1;
    expect(ofKind(events, 'text').length).toBeGreaterThan(100);
    expect(answers, 'text and output, in the activity and in the result').toBeLessThanOrEqual(8);
  });
});

describe('streams that go wrong', () => {
  const cuts = [0, 2, 5, 9, 14, 20].map((after) => ({ kind: 'stream_cut' as const, after }));
  it.each<[string, FaultRule['do'][]]>([
    ['cut at many places', cuts],
    ['cut within an event', [40, 900, 2_000, 3_333].map((bytes) => ({ kind: 'stream_cut_at_byte' as const, bytes }))],
    ['ended in good order before the end', [{ kind: 'stream_end', after: 8 }, { kind: 'stream_end' }]],
    ['an event twice', [{ kind: 'stream_duplicate', event: 9 }]],
    ['an event left out', [{ kind: 'stream_gap', event: 9 }]],
    ['two events in the wrong order', [{ kind: 'stream_reorder', event: 9 }]],
    ['numbers that begin anew', [{ kind: 'stream_renumber', event: 9 }]],
    ['a nested error, and a failure', [{ kind: 'stream_error', after: 9, form: 'nested', then: 'failed' }]],
    ['a flat error, and the end', [{ kind: 'stream_error', after: 9, form: 'flat' }]],
    ['an unknown event', [{ kind: 'stream_insert', after: 9, what: 'unknown_event' }]],
    ['bad JSON', [{ kind: 'stream_insert', after: 9, what: 'bad_json' }]],
    ['bytes that are no text', [{ kind: 'stream_insert', after: 9, what: 'not_utf8' }]],
    ['lines with CR and LF', [{ kind: 'stream_crlf' }]],
    ['a few bytes at a time', [{ kind: 'stream_drip', bytes: 97, everyMs: 1 }]],
    [
      'HTTP 503, and 429 for a second',
      [
        { kind: 'status', status: 503 },
        { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
      ],
    ],
    ['no answer', [{ kind: 'drop' }]],
  ])('given %s -> then each character once', async (_name, faults) => {
    world.emulator.setFaults(faults.map((fault) => ({ op: 'stream', times: 1, do: fault })));
    const responseId = await streamable(world, { ...RUN, emulator_output_bytes: '1500' });
    const { id } = await client.attachTask(responseId, { options: { pollIntervalsSeconds: [0.5] } });
    const events = await told(client.tail(id));
    expectWholeText(events);
    expect(restartsIn(events)).toBe(0);
    expect(ofKind(events, 'text').length, 'it came in pieces').toBeGreaterThan(3);
    expect(world.emulator.faultsFired()).toEqual(faults.map(() => 1));
  });

  it('given an event that is left out again and again -> then the text is mended, at the latest by the end', async () => {
    world.emulator.setFaults([{ op: 'stream', do: { kind: 'stream_gap', event: 9 } }]);
    const { id } = await client.attachTask(await streamable(world, { ...RUN, emulator_output_bytes: '1500' }));
    const events = await told(client.tail(id));
    expectWholeText(events);
    expect(restartsIn(events)).toBe(1);
  });
});

describe('without a stream', () => {
  it('given a task that polls -> then its status, and the text at the end; one request is refused', async () => {
    const { request } = streamed('text');
    const { id } = await client.startTask({ request: request ?? { model: 'o3' } }, { id: uniqueId('polls') });
    const events = await told(client.tail(id));
    const { responseId, outputText } = endOfTail(events);
    expect(ofKind(events, 'text')).toEqual([{ kind: 'text', delta: outputText }]);
    expect(ofKind(events, 'status').length).toBeGreaterThan(0);
    const asked = world.emulator.ledger().calls.filter((call) => call.op === 'stream' && call.id === responseId);
    expect(asked.map(({ status }) => status)).toEqual([400]);
    expect(streamsOf(responseId)).toEqual([]);
  });

  it('given `retryOn` -> then a restart for the second response, and its end', async () => {
    const task = streamed('failed', {}, { emulator_queued_seconds: '0', emulator_run_seconds: '0.5' });
    const options = { ...task.options, retryOn: { times: 1 } };
    const { id } = await client.startTask({ ...task, options }, { id: uniqueId('again') });
    const events = await told(client.tail(id));
    expect(restartsIn(events)).toBe(1);
    const { status, retries, responseId } = endOfTail(events);
    expect({ status, retries: retries.length }).toEqual({ status: 'failed', retries: 1 });
    expect(retries[0]?.responseId).not.toBe(responseId);
  });
});

describe('how it ends', () => {
  it('given a signal -> then it ends without an end, and the task goes on', async () => {
    const stop = new AbortController();
    const id = await startStreamed('slow');
    const events: TailEvent[] = [];
    for await (const event of client.tail(id, { signal: stop.signal })) {
      events.push(event);
      if (event.kind === 'text') stop.abort();
    }
    expect(ofKind(events, 'end')).toEqual([]);
    expect((await client.status(id)).execution).toBe('RUNNING');
    const { responseId } = (await client.status(id)).view as { responseId: string };
    await eventually('its stream is left', () => streamsOf(responseId).some(({ outcome }) => outcome === 'left'));
    await client.cancel(id);
  });

  it('given a task that is cancelled -> then what was told stays, and the end says so', async () => {
    const id = await startStreamed('text', {}, { ...RUN, emulator_run_seconds: '30', emulator_output_bytes: '3000' });
    const events: TailEvent[] = [];
    for await (const event of client.tail(id)) {
      events.push(event);
      if (ofKind(events, 'text').length === 3) await client.cancel(id, 'enough');
    }
    expect(endOfTail(events)).toMatchObject({ status: 'cancelled', cancelReason: 'enough' });
    expect(textTold(events).length).toBeGreaterThan(0);
  });

  it('given a task that is terminated -> then it throws, as `result` does', async () => {
    const id = await startStreamed('slow');
    const watching = expect(told(client.tail(id))).rejects.toThrow(TaskEndedError);
    await eventually('it runs', async () => (await client.status(id)).view !== null);
    await world.client.workflow.getHandle(id).terminate('by hand');
    await watching;
  });

  it('given an id that nobody knows -> then a UsageError', async () => {
    await expect(told(client.tail('nobody'))).rejects.toThrow(UsageError);
    expect(() => client.tail('no id')).toThrow(UsageError);
  });
});
