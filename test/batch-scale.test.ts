/** A batch of hundreds with real processes that are killed: `npm run bench -- batch` in small. */
import { expect, test } from 'vitest';
import { runScale } from '../bench/scale/run';

test('300 tasks of every fate, the worker and the server killed -9 on the way -> one record each, none paid in silence', async () => {
  const figures = await runScale({
    tasks: 300,
    badLines: 5,
    concurrency: 80,
    minSeconds: 1,
    maxSeconds: 3,
    failing: 0.04,
    rejected: 0.02,
    stuck: 0.01,
    stuckSeconds: 15,
    workerKills: 1,
    serverKills: 1,
    killEverySeconds: 5,
    pollIntervalsSeconds: [1],
    itemsPerPage: 100,
    seed: 7,
  });
  expect(figures.problems).toEqual([]);
  expect(figures.money).toMatchObject({ silent: 0 });
  expect(figures.leftRunning).toBe(0);
  expect(figures.window.most).toBeLessThanOrEqual(80);
  expect(figures.largestEvents).toBeLessThan(10_240);
}, 300_000);
