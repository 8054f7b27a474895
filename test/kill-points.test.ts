/** kill -9 of the worker at every step, once each: `npm run chaos -- kills` in small. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endPrograms } from '../bench/scale/processes';
import type { CrashRow } from '../chaos/kills/rows';
import { CRASH_ROWS, durable } from '../chaos/kills/rows';
import type { Verdict } from '../chaos/kills/judge';
import { crashRuns } from '../chaos/kills/suite';
import { brokenIn } from '../chaos/kills/table';
import { begin, callsOf, endsOf, type Work } from '../chaos/kills/work';
import { withPlace } from '../chaos/place';
import { until } from '../src/embedded/processes';

/** Most of the time all of them wait; with more of them, starting workers is all that two cores do. */
const LANES = 5;

/** No worker comes there. */
const UNREACHED: CrashRow = {
  at: 'receiver-asked',
  name: 'never',
  work: { options: {}, seconds: 1, endsAs: 'completed' },
};

/** No machine comes there within the first run. */
const LATE: CrashRow = { at: 'timer-unset', name: 'late', work: durable(2), nth: [4, 4] };

let verdicts: Verdict[] = [];
const verdictOf = (name: string) => verdicts.find(({ run }) => run.row === name)!;

beforeAll(async () => {
  verdicts = await crashRuns([...CRASH_ROWS, UNREACHED, LATE], 1, LANES);
}, 300_000);
afterAll(endPrograms);

describe('given a worker that is killed', () => {
  test.each(CRASH_ROWS)('$name -> then one true result, nothing paid in silence, nothing left', ({ name }) => {
    expect(brokenIn(verdictOf(name))).toEqual([]);
  });

  test('before the create is sent -> then one response, and a warning', () => {
    const { creates, run } = verdictOf('before the create is sent');
    expect(creates).toBe(1);
    expect(run.ends[0]?.possibleOrphans).toMatchObject([{ taskId: run.id, attempt: 1 }]);
  });

  test('when the create was accepted, its reply under way -> then the second response is named', () => {
    const { creates, named, run } = verdictOf('reply of the create there, id not read');
    expect([creates, named]).toEqual([2, 1]);
    expect(run.ends[0]?.possibleOrphans).toMatchObject([{ taskId: run.id, attempt: 1 }]);
  });
});

test('given a crash that never happens -> then the run says that it proves nothing', () => {
  expect(brokenIn(verdictOf('never')).join()).toContain('the crash never happened');
});

test('given a run that is over before its crash -> then a longer one is made, and comes to it', () => {
  const { run, creates } = verdictOf('late');
  expect([run.problems, run.expected.seconds, creates]).toEqual([[], 8, 1]);
});

test('given a worker that is stopped gracefully during inline looks -> then exit code 0, no cancel, and the next one finishes', async () => {
  const work: Work = { options: { pollIntervalsSeconds: [0.5] }, seconds: 3, endsAs: 'completed' };
  await withPlace({}, async (place) => {
    const [first, second] = [place.newWorker(), place.newWorker()];
    await first.start();
    await begin(place, 'deploy', work, 'durable-responses');
    const isSeen = async () => (await callsOf(place, 'deploy')).some(({ op }) => op === 'retrieve');
    expect(await until(isSeen, 20_000)).toBe(true);
    await first.stop();
    expect(await first.ended(0)).toBe(0);
    await second.start();
    const [end] = await endsOf(place, 'deploy', work);
    expect(end).toMatchObject({ status: 'completed', possibleOrphans: [] });
    const ops = (await callsOf(place, 'deploy')).map(({ op }) => op);
    expect(ops.filter((op) => op === 'create')).toHaveLength(1);
    expect(ops).not.toContain('cancel');
  });
}, 90_000);
