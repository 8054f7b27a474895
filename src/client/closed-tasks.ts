/** Runs of tasks in the visibility store, newest first, within bounds. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { UsageError } from '../errors';
import { TASK_WORKFLOW } from '../names';
import { all, is, isAfter, listWhere, type Condition } from './visibility-query';

export interface Bounds {
  /** How far back. Default 168 (a week), at most 8,760. */
  sinceHours?: number;
  /** How many tasks are read at most, newest first. Default 200, at most 1,000. */
  limit?: number;
}

export interface BoundedTasks {
  runs: WorkflowExecutionInfo[];
  since: string;
  /** True when there are more than `limit`. */
  truncated: boolean;
}

const MAX_HOURS = 8_760;
const MAX_LIMIT = 1_000;
const HOUR_MS = 3_600_000;

/** @throws UsageError */
export function checkBounds({ sinceHours = 168, limit = 200 }: Bounds): Required<Bounds> {
  const problems: string[] = [];
  if (!(sinceHours > 0 && sinceHours <= MAX_HOURS))
    problems.push(`sinceHours: expected a number above 0, at most ${MAX_HOURS}`);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    problems.push(`limit: expected a whole number from 1 to ${MAX_LIMIT}`);
  if (problems.length > 0) throw new UsageError(problems);
  return { sinceHours, limit };
}

/** Runs that continued as new are left out: they are parts of a task that goes on. */
export async function boundedTasks(
  client: Client,
  bounds: Bounds,
  time: 'StartTime' | 'CloseTime',
  condition: Condition,
): Promise<BoundedTasks> {
  const { sinceHours, limit } = checkBounds(bounds);
  const after = new Date(Date.now() - sinceHours * HOUR_MS);
  const since = after.toISOString();
  const query = all(is('WorkflowType', TASK_WORKFLOW), isAfter(time, after), condition);
  const runs: WorkflowExecutionInfo[] = [];
  for await (const run of listWhere(client, query, Math.min(limit + 1, 200))) {
    if (runs.length >= limit) return { runs, since, truncated: true };
    runs.push(run);
  }
  return { runs, since, truncated: false };
}

/** A few at a time, in order. */
export async function inTurns<T, R>(all: T[], work: (one: T) => Promise<R>, width = 8): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += width)
    results.push(...(await Promise.all(all.slice(at, at + width).map(work))));
  return results;
}
