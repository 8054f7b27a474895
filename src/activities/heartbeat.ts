/** Heartbeats: what the next attempt, or the workflow, learns when a worker is lost. */
import { messageOf } from '../errors';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ActivityCancelledError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';

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
    if (error instanceof ActivityCancelledError) throw new CancelledFailure('Cancelled before anything was sent.');
    const reason = messageOf(error);
    throw ApplicationFailure.create({
      type: 'NotSent',
      message: `The intent to send could not be recorded: ${reason}`,
    });
  }
}

const intervalMs = (): number => (Context.current().info.heartbeatTimeoutMs ?? 9_000) / 3;

/**
 * Heartbeats the latest details until stopped, three times within the heartbeat timeout. A cancel reaches the activity
 * with the answer to a heartbeat, so fewer of them would make it late.
 */
export function keepHeartbeating(details: () => unknown): { stop(): void } {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), intervalMs());
  return { stop: () => clearInterval(timer) };
}

/** Works under heartbeats that say no more than that the worker is there: without them a lost one is missed for long. */
export async function underHeartbeats<T>(work: () => Promise<T>): Promise<T> {
  const heartbeat = keepHeartbeating(() => undefined);
  try {
    return await work();
  } finally {
    heartbeat.stop();
  }
}

async function beatUntil(over: AbortSignal, everyMs: number, beat: () => Promise<void>): Promise<void> {
  for (;;) {
    await sleep(everyMs, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    await beat().catch((error: unknown) => {
      // A server that is away is told of when something is to be sent.
      if (error instanceof CancelledFailure) throw error;
    });
  }
}

/**
 * Works under heartbeats before something is sent: none is under way any more when this returns. One of the SDK's own could
 * come to the server behind `recordDurably`, and hide for seconds what that has said; a create would count as not sent.
 *
 * @throws CancelledFailure when the activity has been asked to cancel; what `work` throws.
 */
export async function underAnsweredHeartbeats<T>(
  work: () => Promise<T>,
  { everyMs = intervalMs(), beat = () => recordDurably(undefined) } = {},
): Promise<T> {
  const over = new AbortController();
  const beats = beatUntil(over.signal, everyMs, beat);
  try {
    return await Promise.race([work(), beats.then(() => new Promise<never>(() => undefined))]);
  } finally {
    over.abort();
    await beats.catch(() => undefined);
  }
}
