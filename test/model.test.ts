/**
 * Random lives of tasks against a model of them. `npm run model -- --runs 100 --seed 7` plays more, and makes a failing
 * one small.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { keepingWorker } from './helpers/kept-worker';
import { skippingWorld, type World } from './helpers/world';
import { judge } from './model/judge';
import { aPlan, type Plan } from './model/plan';
import { play } from './model/play';
import { storyOf } from './model/story';

declare module 'vitest' {
  interface ProvidedContext {
    model?: { runs: number; seed: number; isShrunk: boolean };
  }
}

/** Lives that are played side by side. */
const MOST_AT_ONCE = 12;
const { runs, seed, isShrunk } = inject('model') ?? { runs: 10, seed: 20_261_126, isShrunk: false };

let world: World;
const cleaned: string[] = [];
beforeAll(async () => {
  const cleanUp = ({ taskId, status }: { taskId: string; status: string }) => void cleaned.push(`${taskId} ${status}`);
  world = keepingWorker(await skippingWorld({ cleanUp }));
});
afterAll(() => world.close());

test('given any life of a task -> then it ends as the model allows', { timeout: 240_000 + runs * 30_000 }, async () => {
  let lives = 0;
  const ends: Record<string, number> = {};
  await world.withWorker(async () => {
    const plans = fc.array(aPlan, { minLength: 1, maxLength: MOST_AT_ONCE, size: 'max' });
    const property = fc.asyncProperty(plans, async (together: Plan[]) => {
      const played = await play(world, together, cleaned);
      lives += played.length;
      for (const { result } of played) ends[result.status] = (ends[result.status] ?? 0) + 1;
      const problems = played.map((one) => ({ one, found: judge(one) })).filter(({ found }) => found.length > 0);
      expect(problems.map(({ one, found }) => `${found.join('\n')}\n${storyOf(one)}`).join('\n\n')).toBe('');
    });
    await fc.assert(property, { numRuns: runs, seed, endOnFailure: !isShrunk });
  });
  console.log(`${lives} lives, seed ${seed}: ${JSON.stringify(ends)}`);
});
