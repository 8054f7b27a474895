/** A batch with real processes that are killed: `npm run bench -- batch` in small. */
import { afterEach, expect, test } from 'vitest';
import type { ScalePlan } from '../bench/scale/plan';
import { endPrograms } from '../bench/scale/processes';
import { runScale } from '../bench/scale/run';
import { brokenPromises } from '../bench/scale/verdict';

const PLAN: ScalePlan = {
  tasks: 160,
  badLines: 7,
  concurrency: 40,
  minSeconds: 1,
  maxSeconds: 2.5,
  failing: 0.04,
  rejected: 0.02,
  stuck: 0.01,
  stuckSeconds: 15,
  workerKills: 1,
  serverKills: 1,
  // Early enough for a fast machine: a run that is over before its kills proves nothing.
  killEverySeconds: 5,
  pollIntervalsSeconds: [0.5, 1],
  itemsPerPage: 32,
  timeScale: 1,
  seed: 7,
};

afterEach(endPrograms);

test('160 tasks of every fate, the worker and the server killed -9 -> one record each, nothing paid in silence', async () => {
  const figures = await runScale(PLAN);
  expect(brokenPromises(figures, PLAN)).toEqual([]);
  expect(figures.kills).toMatchObject({ worker: 1, server: 1 });
  expect(figures.histories.responseBatchPage.runs).toBeGreaterThanOrEqual(5);
}, 300_000);
