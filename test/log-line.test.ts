/** What a log may be told, and what a line of it is then: one JSON object, short, harmless. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logLine, MAX_LINE_BYTES } from '../src/log-line';
import { jsonLog } from '../src/webhook/log';

const base = { time: '2026-01-01T00:00:00.000Z', level: 'INFO', message: 'told' };
const HARMFUL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

describe('a line', () => {
  test.each<[string, unknown]>([
    ['a forged line', 'x\r\n{"level":"ERROR","message":"forged"}'],
    ['ANSI', '\u001b[2J\u001b]0;title\u0007'],
    ['C1 controls', '\u009b31m'],
    ['line separators', 'a\u2028b\u2029c\u0085d'],
    ['text turned around', '\u202eabc\u2066'],
    ['NUL and backspaces', 'a\0b\b\b'],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a megabyte of four-byte characters', '\u{1f9a6}'.repeat(250_000)],
    ['half of a pair', '\ud800'],
    ['an error with a key', new Error(`Incorrect API key: sk-${'a1'.repeat(20)}`)],
    ['something deep', { a: [{ b: 'Bearer abcdef123456' }] }],
    ['a cycle', ((one: { self?: unknown }) => (one.self = one))({})],
    ['a big number', 10n ** 30n],
  ])('given %s as message, name and value -> then one line of JSON, at most 2 KB', (_, value) => {
    const text = typeof value === 'string' ? value : 'name';
    const line = logLine({ ...base, message: text, [text]: value, workflowId: value });
    expect(line.split('\n')).toHaveLength(2);
    expect(line.slice(0, -1)).not.toMatch(HARMFUL);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    expect(JSON.parse(line)).toMatchObject({ level: 'INFO' });
    expect(line).not.toMatch(/a1a1a1|abcdef123456/);
  });

  test('given 2,000 events of any kind -> then as many lines as events', () => {
    let text = '';
    const log = jsonLog('INFO', (line) => (text += line));
    const words = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '\r\n', '\u2028', '\u001b[2K', '{"a":1}\n'),
    );
    const told = fc.record({ message: words, value: words, name: words });
    const events = fc.sample(told, { numRuns: 2_000, seed: 7 });
    for (const { message, name, value } of events) log('INFO', message, { [name]: value, reason: value.repeat(50) });
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(events.length);
    for (const line of lines) {
      expect(() => JSON.parse(line) as unknown).not.toThrow();
      expect(line).not.toMatch(HARMFUL);
      expect(Buffer.byteLength(line)).toBeLessThan(MAX_LINE_BYTES);
    }
  });

  test('given more than fits -> then the last attributes go, and how many is said', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${i}`, 'x'.repeat(300)]));
    const line = JSON.parse(logLine({ ...base, ...many })) as Record<string, unknown>;
    expect(line).toMatchObject({ message: 'told', a0: 'x'.repeat(300) });
    expect(line.cut).toBe(20 - Object.keys(line).filter((name) => /^a\d/.test(name)).length);
  });

  test('given an attribute named as the time -> then it does not replace it', () => {
    let text = '';
    jsonLog('INFO', (line) => (text = line))('WARN', 'told', { time: 'forged', level: 'forged', message: 'forged' });
    expect(text).not.toContain('forged');
  });
});
