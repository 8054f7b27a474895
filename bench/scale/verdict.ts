/** What a scale run must not show, however slow the machine: each entry is a broken promise. */
import { MAX_BYTES, MAX_EVENTS } from '../../chaos/checks/histories';
import { runsOf } from './histories';
import type { ScalePlan } from './plan';
import type { ScaleFigures } from './run';

export function brokenPromises(figures: ScaleFigures, plan: ScalePlan): string[] {
  const { problems, money, leftRunning, histories, held, kills } = figures;
  const broken = [...problems, ...money.silent, ...money.invented, ...leftRunning];
  if (held.most > plan.concurrency) broken.push(`${held.most} in flight, of a window of ${plan.concurrency}`);
  if (runsOf(histories) !== figures.runs) broken.push(`${runsOf(histories)} ended runs, not ${figures.runs}`);
  for (const [type, { largestEvents, largestBytes }] of Object.entries(histories)) {
    if (largestEvents >= MAX_EVENTS) broken.push(`${type}: a history of ${largestEvents} events`);
    if (largestBytes >= MAX_BYTES) broken.push(`${type}: a history of ${largestBytes} bytes`);
  }
  // A run without the kills it was to survive proves nothing.
  if (kills.worker < plan.workerKills || kills.server < plan.serverKills)
    broken.push(`only ${kills.worker} kills of the worker and ${kills.server} of the server`);
  return broken;
}
