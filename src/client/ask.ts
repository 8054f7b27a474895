/** What running tasks and batches are asked for. */
import {
  isGrpcDeadlineError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { BatchProgress, TaskChange, TaskStatusView } from '../contracts';
import { checkChange } from '../door';
import { UnreachableError, UsageError } from '../errors';
import { pauseBatchUpdate, resumeBatchUpdate, setConcurrencyUpdate } from '../workflows/batch-messages';
import { changeTaskUpdate, lookNowSignal } from '../workflows/messages';
import { describe, type Kind } from './describe';

/** An update waits for a worker; one that is there answers in far less. */
const UPDATE_DEADLINE_MS = 8_000;

/** @throws UsageError when the id is of another kind, or has ended. */
async function askRunning<T>(client: Client, id: string, kind: Kind, ask: () => Promise<T>): Promise<T> {
  await describe(client, id, kind);
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UsageError([`${id}: has ended, and takes no more changes; see how with \`${kind} status ${id}\``]);
  }
}

/** @throws UsageError for a change that is not valid; UnreachableError when no worker answers in time. */
export async function requestChange(client: Client, id: string, change: TaskChange): Promise<TaskStatusView> {
  const problems = checkChange(change);
  if (problems.length > 0) throw new UsageError(problems);
  return updated(client, id, 'task', () =>
    client.workflow.getHandle(id).executeUpdate(changeTaskUpdate, { args: [change] }),
  );
}

async function updated<T>(client: Client, id: string, kind: Kind, update: () => Promise<T>): Promise<T> {
  try {
    const within = () => client.connection.withDeadline(Date.now() + UPDATE_DEADLINE_MS, update);
    return await askRunning(client, id, kind, within);
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
  return askRunning(client, id, 'task', () => client.workflow.getHandle(id).signal(lookNowSignal));
}

/** What a running batch can be asked for. */
export type BatchRequest = { paused: boolean } | { concurrency: number };

/** @throws UsageError when the batch does not take it; UnreachableError when no worker answers in time. */
export function requestOfBatch(client: Client, id: string, request: BatchRequest): Promise<BatchProgress> {
  const handle = client.workflow.getHandle(id);
  return updated(client, id, 'batch', () => {
    if ('concurrency' in request) return handle.executeUpdate(setConcurrencyUpdate, { args: [request.concurrency] });
    return handle.executeUpdate(request.paused ? pauseBatchUpdate : resumeBatchUpdate);
  });
}
