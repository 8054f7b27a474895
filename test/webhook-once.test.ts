import { expect, test } from 'vitest';
import { Once } from '../src/webhook/once';

const nothing = () => Promise.resolve();

test('given more ids than are remembered -> then the one that was used longest ago is forgotten', async () => {
  const once = new Once(2);
  for (const id of ['a', 'b', 'a', 'c']) await once.run(id, nothing);
  expect(await once.run('a', nothing)).toBe('repeated');
  expect(await once.run('b', nothing)).toBe('done');
});

test('given work that fails -> then all who wait for it hear so, and it may be repeated', async () => {
  const once = new Once();
  let times = 0;
  const failing = () => Promise.reject(new Error(`failure ${++times}`));
  const both = await Promise.allSettled([once.run('a', failing), once.run('a', failing)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(times).toBe(1);
  expect(await once.run('a', nothing)).toBe('done');
});

test('given one id at the same time, 1,000 times -> then the work is done once', async () => {
  const once = new Once();
  let times = 0;
  const work = async () => {
    await nothing();
    times++;
  };
  const ends = await Promise.all(Array.from({ length: 1_000 }, () => once.run('a', work)));
  expect(times).toBe(1);
  expect(ends.filter((end) => end === 'done')).toHaveLength(1);
});
