/** Asking for a cancel. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { count } from '../door/bounds';
import { UsageError } from '../errors';
import { MAX_REASON_CHARS } from '../settings';
import { cancelBatchSignal } from '../workflows/batch-messages';
import { cancelTaskSignal } from '../workflows/messages';
import { cancelReportSignal } from '../workflows/report-messages';
import { describe } from './describe';

const SIGNALS = { task: cancelTaskSignal, batch: cancelBatchSignal, report: cancelReportSignal };

/**
 * @returns False when it had ended already.
 * @throws UsageError when there is none of this id, or the reason is too long.
 */
export async function requestCancel(client: Client, id: string, reason: string): Promise<boolean> {
  if (reason.length > MAX_REASON_CHARS)
    throw new UsageError([`reason: ${count(reason.length)} characters; write at most ${count(MAX_REASON_CHARS)}`]);
  const { kind } = await describe(client, id);
  try {
    await client.workflow.getHandle(id).signal(SIGNALS[kind], reason);
    return true;
  } catch (error) {
    // The server's word for a signal to what has ended: it was there a moment ago.
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
