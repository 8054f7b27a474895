/** What the safety net under webhooks has seen: its looks are no events, so the workflow does not know of them. */
import type { Client } from '@temporalio/client';
import type { AwaitEndHeartbeat, TaskStatusView } from '../contracts';
import { detailsOf, type Activities } from './task-look';

/** The view with what the server has of a net that is out; as it was where there is none, or it cannot be read here. */
export async function withNet(client: Client, view: TaskStatusView, activities: Activities): Promise<TaskStatusView> {
  const net = activities.find(({ activityType }) => activityType?.name === 'awaitEnd');
  const [details] = await detailsOf(client, net).catch(() => []);
  if (!net || !details) return view;
  const { upstreamStatus, polls, fault } = details as AwaitEndHeartbeat;
  const hasStarted = view.status === 'queued' && upstreamStatus === 'in_progress';
  const { seconds } = net.nextAttemptScheduleTime ?? {};
  const nextLookAt = seconds ? new Date(Number(seconds) * 1000).toISOString() : null;
  return {
    ...view,
    status: hasStarted ? 'in_progress' : view.status,
    polls: view.polls + polls,
    nextLookAt: view.nextLookAt ?? nextLookAt,
    lastError: view.lastError ?? fault?.message ?? null,
  };
}
