/** Asking for a cancel. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { cancelBatchSignal } from '../workflows/batch-messages';
import { cancelTaskSignal } from '../workflows/messages';
import { describe } from './read';

/** @returns False when the task or batch had ended already. @throws UsageError when there is none of this id. */
export async function requestCancel(client: Client, id: string, reason: string): Promise<boolean> {
  const { kind } = await describe(client, id);
  const signal = kind === 'batch' ? cancelBatchSignal : cancelTaskSignal;
  try {
    await client.workflow.getHandle(id).signal(signal, reason);
    return true;
  } catch (error) {
    // The server's word for a signal to what has ended: it was there a moment ago.
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
