/** Where a reader of events stands, whatever a stream does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UpstreamEvent } from '../src/contracts';
import { hideValues, rememberHidden } from '../src/security/hidden-values';
import { EventCursor, tailOf, type Taken } from '../src/stream/event-cursor';

const delta = (sequence_number: number, text = `<${sequence_number}>`): UpstreamEvent => ({
  type: 'response.output_text.delta',
  sequence_number,
  delta: text,
});

/** A whole stream: life events, text, a keepalive, and the end. */
function wholeStream(texts: string[]): UpstreamEvent[] {
  const events: UpstreamEvent[] = [
    { type: 'response.created', response: { status: 'queued' } },
    { type: 'response.in_progress', response: { status: 'in_progress' } },
    { type: 'keepalive' },
    ...texts.map((text) => ({ type: 'response.output_text.delta', delta: text })),
    { type: 'response.completed', response: { status: 'completed' } },
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}

const take = (cursor: EventCursor, events: UpstreamEvent[]): Taken[] => events.map((event) => cursor.take(event));

function connected(cursor: EventCursor, events: UpstreamEvent[]): Taken[] {
  cursor.begin();
  return take(cursor, events);
}

const aStream = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 }).map(wholeStream);
const textOf = (events: UpstreamEvent[]) =>
  events.map(({ delta: text }) => (typeof text === 'string' ? text : '')).join('');

describe('any stream', () => {
  test('given it whole -> then all is new, and the tail is the end of its text', () => {
    fc.assert(
      fc.property(aStream, (events) => {
        const cursor = new EventCursor();
        expect(new Set(connected(cursor, events))).toEqual(new Set(['new']));
        expect(cursor).toMatchObject({ isTerminal: true, hasStarted: true, gaps: 0, replayed: 0, restarts: 0 });
        expect(cursor.last).toBe(events.length - 1);
        expect(cursor.textTail).toBe(tailOf(textOf(events)));
      }),
    );
  });

  test('given cuts anywhere, and servers that repeat more than was asked for -> then the same as without', () => {
    fc.assert(
      fc.property(aStream, fc.array(fc.tuple(fc.nat(40), fc.nat(5)), { maxLength: 8 }), (events, cuts) => {
        const cursor = new EventCursor();
        for (const [length, again] of cuts) {
          const from = Math.max(0, (cursor.last ?? -1) + 1 - again);
          connected(cursor, events.slice(from, from + length));
        }
        connected(cursor, events.slice((cursor.last ?? -1) + 1));
        expect(cursor.textTail).toBe(tailOf(textOf(events)));
        expect(cursor).toMatchObject({ last: events.length - 1, gaps: 0, restarts: 0 });
      }),
    );
  });

  test('given an event left out, twice or late, and a reader that asks again after a gap -> then the same text', () => {
    fc.assert(
      fc.property(aStream, fc.nat(34), fc.constantFrom('gap', 'duplicate', 'reorder'), (events, nth, fault) => {
        const at = nth % (events.length - 1);
        const [event, next] = [events[at]!, events[at + 1]!];
        const middle = { gap: [next], duplicate: [event, event, next], reorder: [next, event] }[fault];
        const spoiled = [...events.slice(0, at), ...middle, ...events.slice(at + 2)];
        const cursor = new EventCursor();
        cursor.begin();
        for (const one of spoiled) if (['gap', 'restart'].includes(cursor.take(one))) break;
        connected(cursor, events.slice((cursor.last ?? -1) + 1));
        expect(cursor.textTail).toBe(tailOf(textOf(events)));
        expect(cursor.last).toBe(events.length - 1);
        expect(cursor.gaps).toBe(fault === 'duplicate' ? 0 : 1);
      }),
    );
  });

  test('given anything at all -> then the cursor never goes back, and nothing is thrown', () => {
    const number = fc.oneof(fc.nat(9), fc.constantFrom(-1, 1.5, Infinity, NaN, '3', null, undefined));
    const event = fc.record({
      type: fc.string(),
      sequence_number: number,
      delta: fc.anything(),
      response: fc.anything(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const cursor = new EventCursor();
        let last = -1;
        for (const one of events) {
          cursor.take(one as unknown as UpstreamEvent);
          expect(cursor.last ?? -1).toBeGreaterThanOrEqual(last);
          last = cursor.last ?? -1;
        }
      }),
    );
  });
});

describe('a tail', () => {
  test('given any text -> then at most so many bytes of its end, and no half character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.nat(40), (text, maxBytes) => {
        const tail = tailOf(text, maxBytes);
        expect(text.endsWith(tail)).toBe(true);
        expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(maxBytes);
        expect(tail).not.toMatch(/[\uD800-\uDFFF]/u);
      }),
    );
  });

  test('given 10,000 characters in pieces -> then the last 2,048 bytes', () => {
    const cursor = new EventCursor();
    for (let i = 0; i < 100; i++) cursor.take(delta(i, 'é'.repeat(100)));
    expect(cursor.textTail).toBe('é'.repeat(1_024));
  });
});

describe('single events', () => {
  test('given a gap that is there again -> then the event is taken the second time', () => {
    const cursor = new EventCursor();
    expect(take(cursor, [delta(0), delta(2)])).toEqual(['new', 'gap']);
    expect(connected(cursor, [delta(2), delta(3)])).toEqual(['new', 'new']);
    expect(cursor.textTail).toBe('<0><2><3>');
  });

  test('given numbers that begin anew within a connection -> then that is noticed, and the end still counts', () => {
    const cursor = new EventCursor();
    expect(take(cursor, [delta(0), delta(1), delta(0)])).toEqual(['new', 'new', 'restart']);
    cursor.take({ type: 'response.completed', sequence_number: 1 });
    expect(cursor).toMatchObject({ isTerminal: true, last: 1 });
  });

  test('given a stream that begins anew in another connection -> then what was seen is replayed', () => {
    const cursor = new EventCursor({ cursor: 1, textTail: 'ab' });
    expect(connected(cursor, [delta(0), delta(1), delta(2, 'c')])).toEqual(['replayed', 'replayed', 'new']);
    expect(cursor.tell()).toEqual({ cursor: 2, textTail: 'abc' });
  });

  test('given an unknown type -> then the cursor moves; given none of its number -> then it stays', () => {
    const cursor = new EventCursor();
    expect(take(cursor, [{ type: 'response.new_thing', sequence_number: 0 }, { type: 'odd' }])).toEqual(['new', 'new']);
    expect(cursor).toMatchObject({ last: 0, hasStarted: false, eventType: 'odd' });
  });

  test('given an event twice in one connection -> then it was seen, and the numbers are good', () => {
    const cursor = new EventCursor();
    expect(connected(cursor, [delta(0), delta(1), delta(1), delta(2)])).toEqual(['new', 'new', 'replayed', 'new']);
    expect(cursor).toMatchObject({ last: 2, restarts: 0, textTail: '<0><1><2>' });
  });

  test.each(['completed', 'failed', 'incomplete', 'cancelled'])(
    'given response.%s -> then the end, which is not that of the next connection',
    (status) => {
      const cursor = new EventCursor();
      connected(cursor, [{ type: `response.${status}`, sequence_number: 0 }]);
      expect(cursor).toMatchObject({ isTerminal: true, hasStarted: true });
      cursor.begin();
      expect(cursor.isTerminal).toBe(false);
    },
  );

  test('given text before the first number, and another connection -> then it is there once', () => {
    const cursor = new EventCursor();
    const text = { type: 'response.output_text.delta', delta: 'once' };
    connected(cursor, [text]);
    connected(cursor, [text]);
    expect(cursor).toMatchObject({ last: null, textTail: 'once' });
  });

  test('given an error with a number -> then the event of that number is still new', () => {
    const cursor = new EventCursor();
    expect(connected(cursor, [delta(0), { type: 'error', sequence_number: 1 }, delta(1)])).toEqual([
      'new',
      'new',
      'new',
    ]);
    expect(cursor).toMatchObject({ last: 1, textTail: '<0><1>' });
  });

  test.each<[unknown]>([[-1], [1.5], [2 ** 53], ['3'], [NaN]])(
    'given the number %s -> then the cursor stays',
    (number) => {
      const cursor = new EventCursor();
      const odd = { type: 'keepalive', sequence_number: number as number };
      expect(connected(cursor, [delta(0), odd])).toEqual(['new', 'new']);
      expect(cursor.last).toBe(0);
    },
  );

  test('given created and queued only -> then it has not started', () => {
    const cursor = new EventCursor();
    take(cursor, wholeStream([]).slice(0, 1));
    expect(cursor.hasStarted).toBe(false);
    take(cursor, wholeStream([]).slice(0, 2));
    expect(cursor.hasStarted).toBe(true);
  });
});

describe('a hidden value in the text', () => {
  const VALUE = 'canary-of-a-stream-0123456789';
  const PARTS = Array.from({ length: VALUE.length - 5 }, (_, i) => VALUE.slice(i, i + 6));
  const aText = fc
    .tuple(fc.nat(5_000), fc.nat(2_500), fc.nat(40))
    .map(
      ([before, between, after]) => `${'. '.repeat(before)}${VALUE}${'- '.repeat(between)}${VALUE}${'!'.repeat(after)}`,
    );

  /** In pieces of these lengths, in turn. */
  function piecesOf(text: string, lengths: number[]): UpstreamEvent[] {
    const events: UpstreamEvent[] = [];
    for (let at = 0; at < text.length;) {
      const length = lengths[events.length % lengths.length] ?? 1;
      events.push(delta(events.length, text.slice(at, at + length)));
      at += length;
    }
    return events;
  }

  test('given pieces of any size, and another reader after any of them -> then nobody is told a part of it', () => {
    rememberHidden([VALUE]);
    const aRun = [
      aText,
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 }),
      fc.nat(200),
    ] as const;
    fc.assert(
      fc.property(...aRun, (text, lengths, every) => {
        const events = piecesOf(text, lengths);
        let cursor = new EventCursor();
        cursor.begin();
        for (let i = 0; i < events.length; i++) {
          cursor.take(events[i]!);
          const { cursor: number, textTail } = cursor.tell();
          expect(PARTS.filter((part) => textTail.includes(part))).toEqual([]);
          if (i % (every + 20) !== 0) continue;
          cursor = new EventCursor({ cursor: number, textTail });
          connected(cursor, events.slice((number ?? -1) + 1, i + 1));
        }
        expect(cursor.tell()).toEqual({ cursor: events.length - 1, textTail: tailOf(hideValues(text)) });
      }),
      { numRuns: 50 },
    );
  });

  test('given a value of which a part has come -> then the place before it is told, until it is whole', () => {
    rememberHidden([VALUE]);
    const cursor = new EventCursor();
    const told = ['It is ', 'canary', '-of-a-stream', '-0123456789', '.'].map((text, i) => {
      cursor.take(delta(i, text));
      return cursor.tell();
    });
    const before = { cursor: 0, textTail: 'It is ' };
    expect(told).toEqual([
      before,
      before,
      before,
      { cursor: 3, textTail: 'It is ***' },
      { cursor: 4, textTail: 'It is ***.' },
    ]);
  });
});
