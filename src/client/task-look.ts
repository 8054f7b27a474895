/** Which response a task has now, and how it is. The server knows it before the workflow does: it is in the heartbeats of activities. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { TaskStatus, TaskStatusView } from '../contracts';
import { RESPONSE_ID_PATTERN, SEARCH_ATTRIBUTES } from '../names';
import { taskStatusQuery } from '../workflows/messages';
import { query } from './describe';
import { decoded } from './payloads';

export type Activities = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>;

/** What the heartbeats of an activity tell. */
interface Heartbeat {
  responseId: string | null;
  /** The response has left the queue. */
  hasStarted: boolean;
}

/** What the server itself says, also when no worker is there. */
export interface ServerLook {
  isRunning: boolean;
  /** Null where the server lacks the search attribute. Ahead of it while an activity stays with the response. */
  status: TaskStatus | null;
  /** From the heartbeats of the activity that is under way; null when there is none, or it has not said. */
  responseId: string | null;
}

const NOTHING: Heartbeat = { responseId: null, hasStarted: false };

/** An event of a stream; those before it are about the queue. */
const BEGINNING = /^response\.(created|queued)$/;

/** Heartbeat details of a start, a look or a stream: each has the id, at one of two places. */
function read(details: unknown): Heartbeat {
  if (typeof details !== 'object' || details === null) return NOTHING;
  const { responseId, report, upstreamStatus, eventType } = details as Record<string, unknown>;
  if (responseId === undefined) return read(report);
  if (typeof responseId !== 'string' || !RESPONSE_ID_PATTERN.test(responseId)) return NOTHING;
  const isStreamed = typeof eventType === 'string' && !BEGINNING.test(eventType);
  return { responseId, hasStarted: upstreamStatus === 'in_progress' || isStreamed };
}

/** The details of an activity's last heartbeat; empty when there are none. */
export const detailsOf = (client: Client, activity: Activities[number] | undefined): Promise<unknown[]> =>
  decoded(client, activity?.heartbeatDetails?.payloads);

async function heartbeatOf(client: Client, activities: Activities): Promise<Heartbeat> {
  for (const activity of activities) {
    // What cannot be decoded here is no reason to show nothing: the workflow will say it too.
    const [details] = await detailsOf(client, activity).catch(() => []);
    const found = read(details);
    if (found.responseId !== null) return found;
  }
  return NOTHING;
}

/** @throws As the client does when the server does not answer. */
export async function askServer(client: Client, id: string): Promise<ServerLook> {
  const { status, typedSearchAttributes, raw } = await client.workflow.getHandle(id).describe();
  const { responseId, hasStarted } = await heartbeatOf(client, raw.pendingActivities ?? []);
  const known = (typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) as TaskStatus | undefined) ?? null;
  const isRunning = status.name === 'RUNNING';
  return { isRunning, responseId, status: isRunning && hasStarted && known === 'queued' ? 'in_progress' : known };
}

/** What the workflow says; null when no worker answers within 3 s. */
export function askWorkflow(client: Client, id: string): Promise<TaskStatusView | null> {
  return query(client, () => client.workflow.getHandle(id).query(taskStatusQuery)).catch(() => null);
}
