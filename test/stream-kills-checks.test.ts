/** The judge of `bench -- stream-kills`: what it does not let pass, and what it counts. */
import { expect, test } from 'vitest';
import { brokenIn, rowsOf, type KilledRun } from '../bench/stream-kills/verdict';

const same = { upstream: 'a', result: 'a', viewer: 'a' };

const good: KilledRun = {
  seed: 1,
  status: 'completed',
  hashes: same,
  restarts: 0,
  creates: 1,
  known: 4,
  sent: 9,
  startingAfter: 4,
  isTailRight: true,
  killedAtMs: 10_000,
  readyAtMs: 13_000,
  resumedAtMs: 19_500,
};

test('given a run that was resumed -> then nothing is broken', () => {
  expect(brokenIn(good)).toEqual([]);
  expect(brokenIn({ ...good, known: null, isTailRight: null }), 'killed before the first heartbeat').toEqual([]);
});

test.each<[string, Partial<KilledRun>, string]>([
  ['another end', { status: 'failed' }, 'ended as failed'],
  ['another text in the result', { hashes: { ...same, result: 'b' } }, 'of the result'],
  ['another text of the viewer', { hashes: { ...same, viewer: 'b' } }, 'of the viewer'],
  ['a text that began again', { restarts: 1 }, 'of the viewer'],
  ['two creates', { creates: 2 }, '2 creates'],
  ['a stream from its beginning', { known: null, startingAfter: null }, 'not resumed'],
  ['no stream', { known: null, startingAfter: undefined }, 'not resumed'],
  ['a place before the known one', { startingAfter: 3 }, 'resumed after 3, and 4 was known'],
  ['another text of the reader', { isTailRight: false }, 'the new reader'],
])('given %s -> then it is said', (_what, fields, said) => {
  expect(brokenIn({ ...good, ...fields })).toEqual([expect.stringContaining(`seed 1: `)]);
  expect(brokenIn({ ...good, ...fields })[0]).toContain(said);
});

test('given several runs -> then counts, the median and the largest', () => {
  const slow = { ...good, hashes: { ...same, viewer: 'b' }, isTailRight: null, sent: 20, resumedAtMs: 21_000 };
  const rows = rowsOf([good, slow, { ...good, isTailRight: false, creates: 2, resumedAtMs: 20_000 }]);
  expect(rows.map(([, figures]) => figures)).toEqual([
    '2 of 3',
    '1 of 2 that told of it',
    '2 of 3',
    '3 of 3',
    '5 / 16',
    '10.0 / 11.0',
    '7.0 / 8.0',
  ]);
});
