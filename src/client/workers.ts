/** Whether anybody works on a task queue. */
import type { Client } from '@temporalio/client';

/** `TASK_QUEUE_TYPE_WORKFLOW` of the service's API. */
const WORKFLOW_QUEUE = 1;
const DEADLINE_MS = 2_500;

/** A worker asks at least once a minute; the server names those that went away for some minutes more. */
const RECENT_MS = 75_000;

/** How many workers asked for work on a task queue within about the last minute. */
export async function countWorkers(client: Client, taskQueue: string): Promise<number> {
  const { namespace } = client.options;
  const ask = () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_QUEUE,
    });
  const { pollers } = await client.connection.withDeadline(Date.now() + DEADLINE_MS, ask);
  const since = Date.now() - RECENT_MS;
  return pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > since).length;
}
