/** A short soak: real processes, random faults by a seed, and everything that was promised looked at afterwards. */
import { afterAll, describe, expect, test } from 'vitest';
import { endPrograms } from '../bench/scale/processes';
import { broken } from '../chaos/checks/evidence';
import { planSoak } from '../chaos/soak/plan';
import { runSoak } from '../chaos/soak/run';
import { STRIKES } from '../chaos/soak/strikes';
import { promiseRows, tableOf } from '../chaos/soak/table';
import { UPSTREAM_FAULTS } from '../chaos/soak/upstream-faults';

afterAll(() => endPrograms());

describe('the plan of a seed', () => {
  test('given the same seed -> the same plan; given another -> another', () => {
    expect(planSoak(7, 60)).toEqual(planSoak(7, 60));
    expect(planSoak(7, 60)).not.toEqual({ ...planSoak(8, 60), seed: 7 });
  });

  test('given half an hour -> every strike and every fault of upstream is in it, and every end of a task', () => {
    const { strikes, waves, tasks } = planSoak(1, 1800);
    expect(new Set(strikes.map(({ kind }) => kind))).toEqual(new Set(Object.keys(STRIKES)));
    const faults = waves.flatMap((wave) => wave.faults.map(({ name }) => name));
    expect(new Set(faults)).toEqual(new Set(Object.keys(UPSTREAM_FAULTS)));
    const ends = new Set(tasks.flatMap(({ mayEndAs }) => mayEndAs));
    expect([...ends].sort()).toEqual(
      ['cancelled', 'completed', 'failed', 'incomplete', 'rejected', 'timed_out', 'unknown'].sort(),
    );
  });
});

test('given a promise that was broken twice -> its row has the first example', () => {
  const rows = promiseRows([broken('I3', 'resp_1 runs'), broken('I3', 'resp_2 runs')]);
  expect(rows.find(([name]) => name.startsWith('I3'))?.slice(1)).toEqual(['2', 'resp_1 runs']);
  expect(rows.filter(([, count]) => count !== '0')).toHaveLength(1);
});

test('given twenty seconds of chaos -> then no promise was broken', { timeout: 400_000 }, async () => {
  const { soaked, verdict } = await runSoak({ seed: 1, seconds: 20 });
  console.log(tableOf(soaked, verdict));
  expect(verdict.broken).toEqual([]);
});
