/** What `npm run bench -- by-length` computes, beside what `npm run bench -- watch` has measured. */
import { expect, test } from 'vitest';
import { costOfRun, type Way } from '../bench/by-length/model';

test.each([
  ['poll', 10, 11, 5],
  ['poll', 120, 20, 8],
  ['poll', 1_200, 74, 26],
  ['webhook', 10, 11, 3],
  ['webhook', 1_200, 13, 4],
  ['webhook', 7_200, 15, 5],
] as [Way, number, number, number][])(
  'given %s for %i s -> %i actions and %i calls, as measured',
  (way, seconds, actions, calls) => {
    expect(costOfRun(way, seconds)).toEqual({ actions, calls });
  },
);

test('given a stream of any length -> three calls; given 20 min -> a third of the 405 actions of a beat every 3 s', () => {
  expect([10, 1_200, 86_400].map((seconds) => costOfRun('stream', seconds).calls)).toEqual([3, 3, 3]);
  expect(costOfRun('stream', 1_200).actions).toBeLessThan(405 / 3);
});

test('given auto with a receiver -> what it costs grows with the first five minutes, and hardly after them', () => {
  const [five, day] = [300, 86_400].map((seconds) => costOfRun('auto', seconds).actions);
  expect(day! - five!).toBeLessThan(10);
});
