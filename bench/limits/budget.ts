/** A batch that is to cost at most so much. */
import type { Place } from '../scale/place';
import { begin, itemsOf, resultOf } from './batches';
import type { Measured } from './command';

const [TASKS, WINDOW] = [1_000, 50];
/** Made up: a round price makes the figures easy to check. */
const prices = { asOf: '2026-01-01', models: { o3: { input: 10, output: 40 } } };

export async function stopAtBudget(place: Place): Promise<Measured> {
  await place.worker.start();
  const tasks = { count: TASKS, seconds: 3 };
  await begin(place, 'unbounded', {
    items: itemsOf({ ...tasks, count: WINDOW }),
    concurrency: WINDOW,
    budget: { prices },
  });
  const windowUsd = (await resultOf(place, 'unbounded')).costUsd ?? NaN;
  const maxCostUsd = Number((5 * windowUsd).toFixed(4));
  await begin(place, 'bounded', { items: itemsOf(tasks), concurrency: WINDOW, budget: { maxCostUsd, prices } });
  const { status, costUsd, counts, notStarted } = await resultOf(place, 'bounded');
  const over = (costUsd ?? NaN) - maxCostUsd;
  const broken = [
    ...(status === 'stopped' ? [] : [`it ended as ${status}`]),
    ...(over >= 0 && over <= windowUsd ? [] : [`overshot by $${over}`]),
  ];
  const figures =
    `$${costUsd?.toFixed(4)} spent of $${maxCostUsd}: overshot by $${over.toFixed(4)}, ` +
    `${((100 * over) / windowUsd).toFixed(0)} % of what a window of ${WINDOW} costs; ` +
    `${counts.completed ?? 0} completed, ${notStarted} never started`;
  return { what: `\`maxCostUsd\` of five windows of ${WINDOW}`, figures, broken };
}
