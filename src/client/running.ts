/** What runs of a batch now. */
import type { Client } from '@temporalio/client';
import { MAX_CONCURRENCY } from '../settings';
import { askServer } from './task-look';
import { listTasks, type ListedTask } from './visibility';

export interface RunningItems {
  /** Those that run longest, longest first. */
  shown: ListedTask[];
  /** How many run besides them. */
  more: number;
}

/** The server knows from heartbeats what the store does not yet. */
async function withStatus(client: Client, task: ListedTask): Promise<ListedTask> {
  if (task.status !== 'queued') return task;
  const { status } = await askServer(client, task.id);
  return { ...task, status: status ?? task.status };
}

/**
 * One page of the visibility store, since no more than that can run at once, and a question to the server for each of
 * at most `limit` that are queued there: the same work for a batch of any size.
 */
export async function readRunning(client: Client, batch: string, limit: number): Promise<RunningItems> {
  const tasks = await listTasks(client, { batch, running: true, limit: MAX_CONCURRENCY });
  const longest = tasks.sort((a, b) => a.startedAt.localeCompare(b.startedAt)).slice(0, limit);
  const shown = await Promise.all(longest.map((task) => withStatus(client, task).catch(() => task)));
  return { shown, more: tasks.length - shown.length };
}
