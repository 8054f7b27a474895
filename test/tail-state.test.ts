/** What a viewer is told, by what is learned: the pure part of `tail`. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TailEvent, TaskResult, UpstreamEvent } from '../src/contracts';
import { PartTexts } from '../src/stream/part-texts';
import { TailState } from '../src/stream/tail-state';
import { ofKind, restartsIn, textTold } from './helpers/tails';

/** UTF-16 units, so that pairs are cut too. */
const piecesOf = (text: string): string[] => text.match(/[^]{1,2}/g) ?? [];

const result = (outputText: string | null, responseId = 'resp_a', status = 'completed'): TaskResult =>
  ({ taskId: 't', status, responseId, outputText }) as TaskResult;

const delta = (text: string, output_index = 0, content_index = 0): UpstreamEvent => {
  return { type: 'response.output_text.delta', delta: text, output_index, content_index };
};
const done = (text: string, output_index = 0, content_index = 0): UpstreamEvent => {
  return { type: 'response.output_text.done', text, output_index, content_index };
};

/** The events of one part. */
const partEvents = (text: string, item: number, part: number): UpstreamEvent[] => [
  ...piecesOf(text).map((piece) => delta(piece, item, part)),
  done(text, item, part),
];

/** Takes from several lists in turn, each in its order; `picks` say from which. */
function interleaved<T>(lists: T[][], picks: number[]): T[] {
  let left = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const all: T[] = [];
  for (let i = 0; left.length > 0; i++) {
    all.push(...(left[(picks[i % picks.length] ?? 0) % left.length]?.splice(0, 1) ?? []));
    left = left.filter((list) => list.length > 0);
  }
  return all;
}

const opened = (): TailState => {
  const state = new TailState();
  state.responseIs('resp_a');
  return state;
};

const through = (state: TailState, events: UpstreamEvent[]): TailEvent[] =>
  events.flatMap((event) => state.happened(event));

describe('the text', () => {
  const someTexts = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 4 });
  /** Two parts in each item. */
  const listsOf = (texts: string[]) => texts.map((text, i) => partEvents(text, i >> 1, i % 2));

  test('given any parts in any order, events lost, cut off anywhere -> then what was told last is the text', () => {
    const numbers = fc.array(fc.nat(9), { maxLength: 60 });
    fc.assert(
      fc.property(someTexts, numbers, numbers, fc.nat(60), (texts, picks, losses, length) => {
        const sent = interleaved(listsOf(texts), picks).slice(0, length);
        const kept = sent.filter((_, i) => losses[i] !== 0);
        const state = opened();
        const events = [...through(state, kept), ...state.ended(result(texts.join('')))];
        expect(textTold(events)).toBe(texts.join(''));
        expect(events.at(-1)?.kind).toBe('end');
        expect(ofKind(events, 'text').every((event) => event.delta !== '')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('given parts one after the other, nothing lost -> then each character once, and no restart', () => {
    fc.assert(
      fc.property(someTexts, (texts) => {
        const state = opened();
        const events = [...through(state, listsOf(texts).flat()), ...state.ended(result(texts.join('')))];
        expect(restartsIn(events)).toBe(0);
        expect(textTold(events)).toBe(texts.join(''));
      }),
    );
  });

  test('given a piece that was lost at the end of a part -> then its done brings it', () => {
    expect(through(opened(), [delta('ab'), done('abcd')])).toEqual([
      { kind: 'text', delta: 'ab' },
      { kind: 'text', delta: 'cd' },
    ]);
  });

  test('given a piece that was lost within a part -> then a restart, and the text anew', () => {
    expect(through(opened(), [delta('ab'), delta('ef'), done('abcdef')]).slice(2)).toEqual([
      { kind: 'restart' },
      { kind: 'text', delta: 'abcdef' },
    ]);
  });

  test('given no event at all -> then the whole text comes with the end', () => {
    const end = result('All of it.');
    expect(new TailState().ended(end)).toEqual([
      { kind: 'text', delta: 'All of it.' },
      { kind: 'end', result: end },
    ]);
  });

  test('given a task that ended without a text -> then what was shown stays', () => {
    const state = opened();
    const events = [...through(state, [delta('Half of')]), ...state.ended(result(null, 'resp_a', 'cancelled'))];
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'end']);
  });

  test('given 300,000 pieces -> then in time that grows with their number', () => {
    const text = new PartTexts();
    const startMs = performance.now();
    for (let i = 0; i < 300_000; i++) text.append([0, 0], 'word ');
    expect(text.whole).toHaveLength(1_500_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});

describe('another response', () => {
  test('given one after a failed one -> then a restart, its text, and the first does not come back', () => {
    const state = opened();
    const first = through(state, [{ type: 'response.in_progress' }, delta('Void.'), { type: 'response.failed' }]);
    const second = [...state.responseIs('resp_b'), ...state.responseIs('resp_a'), ...through(state, [delta('Good.')])];
    const all = [...first, ...second, ...state.ended(result('Good.', 'resp_b'))];
    expect(second[0]).toEqual({ kind: 'restart' });
    expect(restartsIn(all)).toBe(1);
    expect(textTold(all)).toBe('Good.');
    expect(state.responseId).toBe('resp_b');
  });

  test('given one that was never seen -> then the end brings a restart and its text', () => {
    const state = opened();
    const events = [...through(state, [delta('Void.')]), ...state.ended(result('Good.', 'resp_c'))];
    expect([restartsIn(events), textTold(events)]).toEqual([1, 'Good.']);
  });
});

describe('the status', () => {
  test('given the same twice -> then it is told once', () => {
    const state = opened();
    expect(state.standsAt('queued', 'creating')).toEqual([{ kind: 'status', status: 'queued', phase: 'creating' }]);
    expect(state.standsAt('queued', 'creating')).toEqual([]);
  });

  test('given a stream that is ahead of the workflow -> then it is not told to be queued again', () => {
    const state = opened();
    state.standsAt('queued', 'creating');
    expect(through(state, [{ type: 'response.in_progress' }])).toEqual([
      { kind: 'status', status: 'in_progress', phase: 'watching' },
    ]);
    expect(state.standsAt('queued', 'creating')).toEqual([]);
  });

  test('given a worker that answers no more -> then the phase stays as it was', () => {
    const state = opened();
    state.standsAt('in_progress', 'watching');
    expect(state.standsAt('in_progress', null)).toEqual([]);
    expect(state.standsAt('completed', null)).toMatchObject([{ status: 'completed', phase: 'watching' }]);
  });
});

describe('tools and reasoning', () => {
  const item = (type: string) => ({ type, name: 'f' });
  test.each<[UpstreamEvent, string | null]>([
    [{ type: 'response.web_search_call.searching' }, 'web_search_call searching'],
    [{ type: 'response.code_interpreter_call.interpreting' }, 'code_interpreter_call interpreting'],
    [{ type: 'response.mcp_list_tools.failed' }, 'mcp_list_tools failed'],
    [{ type: 'response.mcp_call.completed' }, 'mcp_call completed'],
    [{ type: 'response.image_generation_call.partial_image' }, null],
    [{ type: 'response.code_interpreter_call_code.delta', delta: 'x' }, null],
    [{ type: 'response.mcp_call_arguments.done' }, null],
    [{ type: 'response.output_item.added', item: item('function_call') }, 'function_call in_progress'],
    [{ type: 'response.output_item.done', item: item('function_call') }, 'function_call completed'],
    [{ type: 'response.output_item.added', item: item('web_search_call') }, null],
    [{ type: 'response.output_item.added', item: null }, null],
    [{ type: 'response.emulated' }, null],
    [{ type: 'keepalive' }, null],
  ])('given %j -> then %s', (event, expected) => {
    const told = ofKind(through(opened(), [event]), 'tool').map(({ tool, step }) => `${tool} ${step}`);
    expect(told).toEqual(expected === null ? [] : [expected]);
  });

  test('given a summary in sections -> then each piece once, and an empty line between the sections', () => {
    const summary = (kind: string, fields: object, summary_index: number): UpstreamEvent => {
      return { type: `response.reasoning_summary_text.${kind}`, output_index: 0, summary_index, ...fields };
    };
    const events = through(opened(), [
      summary('delta', { delta: 'One' }, 0),
      summary('delta', { delta: '.' }, 0),
      summary('done', { text: 'One.' }, 0),
      summary('delta', { delta: 'Tw' }, 1),
      summary('done', { text: 'Two.' }, 1),
    ]);
    expect(events.map((event) => (event.kind === 'reasoning' ? event.delta : event.kind))).toEqual([
      'One',
      '.',
      '\n\nTw',
      'o.',
    ]);
  });

  test('given events of wrong types -> then nothing is told, and nothing thrown', () => {
    const types = ['response.output_text.delta', 'response.output_text.done', 'response.reasoning_summary_text.delta'];
    const values = [null, 7, {}, [], true];
    const events = types.flatMap((type) =>
      values.map((value) => ({ type, delta: value, text: value, output_index: {} })),
    );
    expect(through(opened(), events)).toEqual([]);
  });
});
