/** What a run would count as on Temporal Cloud, which is paid by actions. */
import type { WorkflowHandle } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time';
import type { AwaitEndInput } from '../../src/contracts';
import { resolveSettings } from '../../src/settings';
import { looksDue } from '../../src/workflows/net-schedule';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** What our activities record besides: of a create the intent and the id, of a look its beginning. */
const OTHER_BEATS: Record<string, number> = { startResponse: 2, checkResponse: 1 };

/** Heartbeats that reach the server while an activity with such a heartbeat timeout takes so long. */
export type Beats = (activity: string, seconds: number, timeoutSeconds: number) => number;

/** Ours heartbeat three times within their heartbeat timeout, and the worker lets each through. */
export const ourBeats: Beats = (activity, seconds, timeoutSeconds) =>
  (OTHER_BEATS[activity] ?? 0) + (timeoutSeconds > 0 ? Math.floor(seconds / (timeoutSeconds / 3)) : 0);

export const timeOf = ({ eventTime }: Event): number => optionalTsToMs(eventTime) ?? NaN;

/** A retry is an action, and its attempts have no events of their own. */
function eventActions(event: Event): number {
  if (event.activityTaskStartedEventAttributes) return (event.activityTaskStartedEventAttributes.attempt ?? 1) - 1;
  const isOne =
    event.workflowExecutionStartedEventAttributes ??
    event.activityTaskScheduledEventAttributes ??
    event.timerStartedEventAttributes ??
    event.workflowExecutionSignaledEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes;
  return isOne ? 1 : 0;
}

export interface ActionsOptions {
  queries: number;
  /** How much faster than ours the clock is by which an activity goes. */
  scaleOf: (activity: string) => number;
  /** Those of our activities by default. */
  beats?: Beats;
}

/** Heartbeats leave no events: they follow from how long each activity took by the clock of the run. */
function heartbeatsIn(events: readonly Event[], { scaleOf, beats = ourBeats }: ActionsOptions): number {
  const scheduled = new Map(events.map((event) => [String(event.eventId), event.activityTaskScheduledEventAttributes]));
  const started = new Map(events.map((event) => [String(event.eventId), timeOf(event)]));
  return events.reduce((sum, event) => {
    const ended = event.activityTaskCompletedEventAttributes ?? event.activityTaskCanceledEventAttributes;
    const activity = ended && scheduled.get(String(ended.scheduledEventId));
    if (!activity) return sum;
    const name = activity.activityType?.name ?? '';
    const seconds = (scaleOf(name) * (timeOf(event) - (started.get(String(ended.startedEventId)) ?? NaN))) / 1000;
    return sum + beats(name, seconds, Number(activity.heartbeatTimeout?.seconds ?? 0));
  }, 0);
}

/**
 * The safety net under a webhook looks by being tried again, and is dropped with the task: its attempts are no events.
 * They follow from its schedule. Each is an action, and records a heartbeat before it puts the next one off.
 */
function netActions(events: readonly Event[]): number {
  const seen = new Set(events.map((event) => String(event.activityTaskStartedEventAttributes?.scheduledEventId)));
  const endMs = Math.max(...events.map(timeOf));
  return events.reduce((sum, event) => {
    const { activityType, input } = event.activityTaskScheduledEventAttributes ?? {};
    const data = input?.payloads?.[0]?.data;
    if (activityType?.name !== 'awaitEnd' || !data || seen.has(String(event.eventId))) return sum;
    const { intervalsSeconds, pollIndex } = (JSON.parse(Buffer.from(data).toString()) as AwaitEndInput).plan;
    const settings = resolveSettings({ safetyNetSeconds: intervalsSeconds });
    const looks = looksDue({ settings, pollIndex, sinceMs: timeOf(event), cancel: () => undefined }, endMs);
    return sum + looks + (1 + looks);
  }, 0);
}

/**
 * Billable actions of a run, by the page "Temporal Cloud Actions" as of 2026: the start of a workflow, each activity that
 * is scheduled or retried, each timer, signal and upsert of search attributes, each query that a worker answers, and each
 * heartbeat that reaches the server. The 0.1 that namespaces with fairness pay on top of each is left out.
 * @see https://docs.temporal.io/evaluate/cloud/actions
 */
export function actionsOf(history: History, options: ActionsOptions): number {
  const events = history.events ?? [];
  return events.reduce(
    (sum, event) => sum + eventActions(event),
    options.queries + heartbeatsIn(events, options) + netActions(events),
  );
}

export const signalsIn = ({ events }: History): Event[] =>
  (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes);
