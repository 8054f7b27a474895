import { describe, expect, test } from 'vitest';
import { isGone, statusAt } from '../emulator/lifecycle';
import { SCENARIOS, scriptOf } from '../emulator/scenarios';
import { timelineOf, type TimedEvent } from '../emulator/timeline';
import type { StoredResponse } from '../emulator/types';

const START = 1_000_000;
const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

function response(request: Record<string, unknown> = {}, metadata: Record<string, string> = {}): StoredResponse {
  const whole = { model: 'o3', input: 'Hello', background: true, ...request, metadata: { ...TIMES, ...metadata } };
  const id = `resp_${'a'.repeat(48)}`;
  const script = scriptOf(whole, id);
  return { id, createdAtMs: START, request: whole, script, files: [], cancelledAtMs: null, deletedAtMs: null };
}

const scenario = (name: string) => response({}, { emulator_scenario: name });
const second = (n: number) => START + n * 1000;

/** Some runs never end. */
const MOST_EVENTS = 2_000;

function eventsOf(of: StoredResponse): TimedEvent[] {
  const all: TimedEvent[] = [];
  for (const one of timelineOf(of)) {
    all.push(one);
    if (all.length === MOST_EVENTS) break;
  }
  return all;
}

const typesOf = (of: StoredResponse) => eventsOf(of).map(({ event }) => event.type.replace('response.', ''));

describe('lifecycle', () => {
  test('given the same moment -> then the same status, however often and in whatever order it is asked', () => {
    const one = scenario('flapping');
    const forth = [0, 1, 2, 3.5, 5, 10].map((n) => statusAt(one, second(n)));
    const back = [10, 5, 3.5, 2, 1, 0].map((n) => statusAt(one, second(n))).reverse();
    expect(forth).toEqual(back);
  });

  test('given a cancel -> then it holds from its moment on, and before it nothing changes', () => {
    const one = { ...response(), cancelledAtMs: second(5) };
    expect([0, 4.999, 5, 10, 1e6].map((n) => statusAt(one, second(n)))).toEqual([
      'queued',
      'in_progress',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
  });

  test('given a time scale and default seconds -> then both make the run shorter', () => {
    const { script } = {
      script: scriptOf({ input: 'x' }, 'resp_1', { timeScale: 10, queuedSeconds: 2, runSeconds: 8 }),
    };
    expect(script.phases).toEqual([
      { status: 'queued', seconds: 0.2 },
      { status: 'in_progress', seconds: 0.8 },
    ]);
  });

  test('given no timings -> then 0.3 s in the queue and 2 to 4 s of run, by the prompt', () => {
    const ends = ['a', 'b', 'c'].map((input) => scriptOf({ input }, 'resp_1').phases[1]?.seconds ?? 0);
    expect(new Set(ends).size).toBe(3);
    expect(ends.every((seconds) => seconds >= 2 && seconds <= 4)).toBe(true);
  });

  const MINUTE = 60;
  test.each<[string, Record<string, unknown>, number, boolean]>([
    ['stored, a year later', {}, 365 * 86_400, false],
    ['not stored, running', { store: false }, 5, false],
    ['not stored, 9 minutes after the end', { store: false }, 10 + 9 * MINUTE, false],
    ['not stored, 11 minutes after the end', { store: false }, 10 + 11 * MINUTE, true],
    ['not stored and no background, ended', { store: false, background: false }, 10, true],
  ])('given %s -> then gone or not', (_name, request, seconds, gone) => {
    expect(isGone(response(request), second(seconds))).toBe(gone);
  });
});

describe('events', () => {
  test.each(SCENARIOS)('given %s -> then numbers from 0 without gaps, in the order of time', (name) => {
    const all = eventsOf(scenario(name));
    expect(all.map(({ event }) => event.sequence_number)).toEqual(all.map((_, i) => i));
    expect(all.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs).sort((a, b) => a - b));
    expect(all[0]?.atMs).toBe(START);
  });

  test('given a text -> then the order of the API, and the deltas make the text', () => {
    const one = response();
    const types = typesOf(one);
    expect(types.slice(0, 5)).toEqual(['created', 'queued', 'in_progress', 'output_item.added', 'content_part.added']);
    expect(types.slice(-4)).toEqual(['output_text.done', 'content_part.done', 'output_item.done', 'completed']);
    const deltas = eventsOf(one).flatMap(({ event }) =>
      event.type === 'response.output_text.delta' ? event.delta : [],
    );
    const done = eventsOf(one).flatMap(({ event }) => (event.type === 'response.output_text.done' ? event.text : []));
    expect(deltas.join('')).toBe(done[0]);
  });

  test.each<[string, string[]]>([
    ['web_search', ['web_search_call.in_progress', 'web_search_call.searching', 'web_search_call.completed']],
    [
      'code_interpreter',
      [
        'code_interpreter_call.in_progress',
        'code_interpreter_call_code.delta',
        'code_interpreter_call_code.done',
        'code_interpreter_call.interpreting',
        'code_interpreter_call.completed',
      ],
    ],
    ['mcp', ['mcp_list_tools.in_progress', 'mcp_list_tools.completed', 'mcp_call.in_progress', 'mcp_call.completed']],
    ['function_call', ['function_call_arguments.delta', 'function_call_arguments.done', 'completed']],
    ['refusal', ['refusal.delta', 'refusal.done']],
    ['incomplete_content_filter', ['output_item.done', 'incomplete']],
  ])('given %s -> then %j in this order', (name, wanted) => {
    const types = typesOf(scenario(name)).filter((type) => wanted.includes(type));
    expect([...new Set(types)]).toEqual(wanted);
  });

  test('given citations -> then each annotation comes after the text and before its end', () => {
    const types = typesOf(scenario('web_search'));
    const at = types.indexOf('output_text.annotation.added');
    expect(at).toBeGreaterThan(types.lastIndexOf('output_text.delta'));
    expect(at).toBeLessThan(types.indexOf('output_text.done'));
  });

  test('given a reasoning summary -> then its parts come before the message', () => {
    const types = typesOf(response({ reasoning: { effort: 'low', summary: 'auto' } }));
    const summary = types.filter((type) => type.startsWith('reasoning_summary'));
    expect(summary).toEqual([
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
    ]);
    expect(types.indexOf('reasoning_summary_part.done')).toBeLessThan(types.indexOf('content_part.added'));
  });

  test('given a failed run -> then it is created, queued, begun and failed', () => {
    expect(typesOf(scenario('failed'))).toEqual(['created', 'queued', 'in_progress', 'failed']);
  });

  test('given a cancel -> then what came before it, and a failure that says cancelled', () => {
    const one = { ...response(), cancelledAtMs: second(1) };
    const last = eventsOf(one).at(-1)?.event;
    expect(typesOf(one)).toEqual(['created', 'queued', 'in_progress', 'failed']);
    expect(last).toMatchObject({ type: 'response.failed', response: { status: 'cancelled' } });
  });

  test.each<[string, string[]]>([
    ['none', ['created', 'queued', 'in_progress']],
    ['goes_on', ['created', 'queued', 'in_progress', 'output_item.added']],
  ])('given a cancel and emulator_cancelled_stream %s -> then no failure', (manner, wanted) => {
    const one = { ...response({}, { emulator_cancelled_stream: manner }), cancelledAtMs: second(1) };
    expect(typesOf(one).slice(0, 4)).toEqual(wanted);
    expect(typesOf(one)).not.toContain('failed');
  });

  test('given no background -> then it is in progress from the first event on', () => {
    const all = eventsOf(response({ background: false })).slice(0, 2);
    expect(all.map(({ event }) => event)).toMatchObject([
      { type: 'response.created', response: { status: 'in_progress' } },
      { type: 'response.in_progress' },
    ]);
  });

  test('given a long wait -> then a keepalive with a number every 30 s, and as many after a cancel', () => {
    const one = response({}, { emulator_queued_seconds: '100' });
    const seconds = (of: StoredResponse) =>
      eventsOf(of).flatMap(({ event, atMs }) => (event.type === 'keepalive' ? (atMs - START) / 1000 : []));
    expect(seconds(one)).toEqual([30, 60, 90]);
    expect(seconds({ ...one, cancelledAtMs: second(60) })).toEqual([30, 60]);
    expect(typesOf(one).slice(0, 6)).toEqual([
      'created',
      'queued',
      ...Array<string>(3).fill('keepalive'),
      'in_progress',
    ]);
  });

  test.each<[string, number, number]>([
    ['0', 1, 0],
    ['50', 1, 1],
    ['50', 10, 1],
  ])('given emulator_keepalive_seconds %s and a time scale of %i -> then %i', (every, timeScale, count) => {
    const plain = response({}, { emulator_queued_seconds: '100', emulator_keepalive_seconds: every });
    const pace = { timeScale };
    const one = { ...plain, pace, script: scriptOf(plain.request, plain.id, pace) };
    expect(typesOf(one).filter((type) => type === 'keepalive')).toHaveLength(count);
  });

  test('given a text of 5 MB -> then not more than a thousand events', () => {
    expect(eventsOf(response({}, { emulator_output_bytes: '5000000' })).length).toBeLessThan(1000);
  });
});
