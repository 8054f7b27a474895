/** What a running task is asked for: another schedule, or a look at once. */
import {
  isGrpcDeadlineError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { TaskChange, TaskStatusView } from '../contracts';
import { checkChange } from '../door';
import { UnreachableError, UsageError } from '../errors';
import { changeTaskUpdate, lookNowSignal } from '../workflows/messages';
import { describe } from './read';

/** An update waits for a worker; one that is there answers in far less. */
const UPDATE_DEADLINE_MS = 8_000;

/** Only a task takes these. @throws UsageError when the id is no task, or has ended. */
async function askTask<T>(client: Client, id: string, ask: () => Promise<T>): Promise<T> {
  await describe(client, id, 'task');
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UsageError([`${id}: has ended, and takes no more changes; see how with \`task result ${id}\``]);
  }
}

/** @throws UsageError for a change that is not valid; UnreachableError when no worker answers in time. */
export async function requestChange(client: Client, id: string, change: TaskChange): Promise<TaskStatusView> {
  const problems = checkChange(change);
  if (problems.length > 0) throw new UsageError(problems);
  const update = () => client.workflow.getHandle(id).executeUpdate(changeTaskUpdate, { args: [change] });
  try {
    return await askTask(client, id, () => client.connection.withDeadline(Date.now() + UPDATE_DEADLINE_MS, update));
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new UsageError([`${id}: ${error.cause?.message ?? error.message}`]);
    const late = isGrpcDeadlineError(error) || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
    if (!late) throw error;
    throw new UnreachableError(
      `Whether ${id} was changed is not known: no worker answered.`,
      'Run `npm start`, and repeat it; a change may be repeated.',
    );
  }
}

export function requestLook(client: Client, id: string): Promise<void> {
  return askTask(client, id, () => client.workflow.getHandle(id).signal(lookNowSignal));
}
