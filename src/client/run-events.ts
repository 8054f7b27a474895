/** The events of a run that tell of its responses, with what they carry. No worker is needed for it. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decoded } from './payloads';

export type RunEventKind = 'input' | 'signal' | 'scheduled' | 'completed' | 'failed' | 'timedOut' | 'canceled';

export interface RunEvent {
  kind: RunEventKind;
  at: string | null;
  /** Arguments, the result, or the details of the last heartbeat. */
  values: unknown[];
  /** Of activities: the event that has scheduled it. */
  scheduledId: string | null;
  /** Where one is scheduled. */
  activity: string | null;
  /** Of a failed activity. */
  failureType: string | null;
}

type Events = NonNullable<Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']>;
type RawEvent = Events[number];

/** A number of 64 bits. */
type EventId = { toString(): string } | null;

interface Found {
  kind: RunEventKind;
  payloads?: Payload[] | null;
  scheduledId?: EventId;
  activity?: string | null;
  failureType?: string | null;
}

/** Null for an event of another kind. */
function found(event: RawEvent): Found | null {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) return { kind: 'input', payloads: started.input?.payloads };
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) return { kind: 'signal', payloads: signal.input?.payloads };
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const { input, activityType } = scheduled;
    return { kind: 'scheduled', payloads: input?.payloads, activity: activityType?.name, scheduledId: event.eventId };
  }
  return endOfActivity(event);
}

function endOfActivity(event: RawEvent): Found | null {
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return { kind: 'completed', ...of(completed), payloads: completed.result?.payloads };
  const failed = event.activityTaskFailedEventAttributes;
  if (failed) return { kind: 'failed', ...of(failed), failureType: failed.failure?.applicationFailureInfo?.type };
  const timedOut = event.activityTaskTimedOutEventAttributes;
  if (timedOut) {
    const { failure } = timedOut;
    // When it had more than one reason to end, the details are in the one below.
    const info =
      failure?.timeoutFailureInfo?.lastHeartbeatDetails ?? failure?.cause?.timeoutFailureInfo?.lastHeartbeatDetails;
    return { kind: 'timedOut', ...of(timedOut), payloads: info?.payloads };
  }
  const canceled = event.activityTaskCanceledEventAttributes;
  return canceled ? { kind: 'canceled', ...of(canceled) } : null;
}

const of = ({ scheduledEventId }: { scheduledEventId?: EventId }) => ({ scheduledId: scheduledEventId });

const timeOf = ({ eventTime }: RawEvent): string | null =>
  eventTime?.seconds ? new Date(Number(eventTime.seconds) * 1000).toISOString() : null;

/** In their order. */
export async function runEvents(client: Client, workflowId: string, runId: string): Promise<RunEvent[]> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const all: RunEvent[] = [];
  for (const event of events ?? []) {
    const one = found(event);
    if (!one) continue;
    const { kind, payloads, scheduledId, activity = null, failureType = null } = one;
    all.push({
      kind,
      at: timeOf(event),
      values: await decoded(client, payloads),
      scheduledId: scheduledId?.toString() ?? null,
      activity,
      failureType,
    });
  }
  return all;
}
