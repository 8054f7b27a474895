/** Heartbeats: what the next attempt, or the workflow, learns when a worker is lost. */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ActivityCancelledError } from '@temporalio/client';

/**
 * Records heartbeat details on the server before it returns. The SDK's own `heartbeat()` is throttled and not awaited,
 * so a worker killed right after it may have recorded nothing; a create must not be sent before its intent is durable.
 *
 * @throws CancelledFailure when the activity has been asked to cancel; ApplicationFailure of type `NotSent` when the
 * server could not be reached. Nothing was sent yet in either case.
 * Source: `RecordActivityTaskHeartbeat` of the Temporal service, through the SDK's async completion client.
 */
export async function recordDurably(details: unknown): Promise<void> {
  const context = Context.current();
  try {
    await context.client.activity.heartbeat(context.info.taskToken, details);
  } catch (error) {
    if (error instanceof ActivityCancelledError) throw new CancelledFailure('Cancelled before the create was sent.');
    const reason = error instanceof Error ? error.message : String(error);
    throw ApplicationFailure.create({
      type: 'NotSent',
      message: `The intent to create could not be recorded: ${reason}`,
    });
  }
}

/**
 * Heartbeats the latest details until stopped, so many times within the heartbeat timeout.
 *
 * @param times 3 where a timeout that came too early, on a busy machine, would cost something; 1.5 where the work is
 * only looked at anew. Each is a write of the server, and hundreds of tasks that wait have them.
 */
export function keepHeartbeating(details: () => unknown, times: 3 | 1.5 = 3): { stop(): void } {
  const context = Context.current();
  const everyMs = (context.info.heartbeatTimeoutMs ?? 9_000) / times;
  const timer = setInterval(() => context.heartbeat(details()), everyMs);
  return { stop: () => clearInterval(timer) };
}
