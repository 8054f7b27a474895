/** Where a batch stands, for a person. */
import type { BatchProgress } from '../contracts';
import { bar } from './output';

function minutes(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function tokenLines({ usage }: BatchProgress): string[] {
  return Object.entries(usage).map(([model, { input, cachedInput, output, reasoning, unknown }]) => {
    const known = `${input} in (${cachedInput} cached), ${output} out (${reasoning} reasoning)`;
    return `  tokens of ${model}: ${known}${unknown > 0 ? `; not known for ${unknown} responses` : ''}`;
  });
}

function costLine({ costUsd, budget }: BatchProgress): string[] {
  if (costUsd === null) return [];
  const limit = budget?.maxCostUsd === undefined ? '' : ` of at most $${budget.maxCostUsd}`;
  return [`  cost: $${costUsd.toFixed(4)}${limit} at the prices of ${budget?.prices?.asOf ?? 'an unknown date'}`];
}

/** A bar, and what is to be known of the rest. */
export function batchStatusText(view: BatchProgress): string {
  const { counts, total, waiting, running, concurrency, tasksPerSecond, secondsLeft, stop, budget } = view;
  const ended = total - waiting - running;
  const limit = budget?.maxTokens === undefined ? [] : [`  budget: ${budget.maxTokens} tokens`];
  return [
    `  ${bar(ended, total)} ${ended} of ${total} ended${view.paused ? ' (paused)' : ''}`,
    `  running: ${running} of at most ${concurrency}, waiting: ${waiting}`,
    ...Object.entries(counts).map(([status, count]) => `  ${status}: ${count}`),
    `  rate: ${tasksPerSecond.toFixed(2)} a second${secondsLeft === null ? '' : `, about ${minutes(secondsLeft)} left`}`,
    ...tokenLines(view),
    ...costLine(view),
    ...limit,
    ...(stop ? [`  stopped: ${stop.reason}`] : []),
  ].join('\n');
}
