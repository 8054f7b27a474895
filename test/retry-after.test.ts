import { describe, expect, test } from 'vitest';
import { retryAfterSeconds } from '../src/upstream/retry-after';

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('retryAfterSeconds', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['no header', {}, null],
    ['seconds', { 'retry-after': '7' }, 7],
    ['seconds with blanks around', { 'retry-after': ' 7 ' }, 7],
    ['parts of a second', { 'retry-after': '0.25' }, 0.25],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1.5],
    ['both -> milliseconds win', { 'retry-after-ms': '500', 'retry-after': '30' }, 0.5],
    ['unusable milliseconds -> seconds', { 'retry-after-ms': 'soon', 'retry-after': '30' }, 30],
    ['an HTTP date in 10 s', { 'retry-after': 'Thu, 01 Jan 2026 12:00:10 GMT' }, 10],
    ['an HTTP date an hour away', { 'retry-after': 'Thu, 01 Jan 2026 13:00:00 GMT' }, 60],
    ['an HTTP date in the past', { 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    ['less than nothing', { 'retry-after': '-5' }, 0],
    ['a thousand million seconds', { 'retry-after': '1e9' }, 60],
    ['more than a number can hold', { 'retry-after': '1e999' }, 60],
    ['one more than the limit', { 'retry-after': '61' }, 60],
    ['a huge number of milliseconds', { 'retry-after-ms': '99999999999' }, 60],
    ['not a number', { 'retry-after': 'NaN' }, null],
    ['infinity in words', { 'retry-after': 'Infinity' }, null],
    ['an empty header', { 'retry-after': '' }, null],
    ['a blank header', { 'retry-after': '   ' }, null],
    ['a number with a unit', { 'retry-after': '5 apples' }, null],
    ['a hexadecimal number', { 'retry-after': '0x10' }, null],
    ['two numbers', { 'retry-after': '5, 10' }, null],
    ['words', { 'retry-after': 'tomorrow' }, null],
    ['the wish of a poller', { 'openai-poll-after-ms': '2000' }, 2],
    ['the wish of a poller and retry-after', { 'openai-poll-after-ms': '2000', 'retry-after': '9' }, 9],
  ])('given %s -> then the wait is clamped to 0..60 s, or null', (_name, headers, expected) => {
    expect(retryAfterSeconds(new Headers(headers), NOW_MS)).toBe(expected);
  });

  test('given no headers at all -> then null', () => {
    expect(retryAfterSeconds(undefined, NOW_MS)).toBeNull();
  });
});
