/** Creates that were answered to nobody: they may have made a run that was paid. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { PossibleOrphan, TaskResult } from '../contracts';
import type { Upstream } from '../upstream';
import { toFault } from '../upstream/failures';
import { taskStatusQuery } from '../workflows/messages';
import { boundedTasks, inTurns, type Bounds } from './closed-tasks';
import { query } from './describe';
import type { UpstreamOf } from './omitted';
import { runEvents } from './run-events';
import { traceOf } from './trace';
import { isServerAway } from './unread';
import { isNot } from './visibility-query';

/** A create whose reply was lost, and what is known of it. */
export interface Orphan {
  taskId: string;
  /** Upstream, a response of it has this `metadata.attempt` and the task's id as `metadata.task_id`. */
  attempt: number;
  /** When the reply was lost; null where it is not known. */
  at: string | null;
  reason: string;
  /** Of the task's workflow: RUNNING, COMPLETED, TERMINATED, ... */
  execution: string;
  /** Named by a webhook; null when nobody has heard of it, so that it may not exist. */
  responseId: string | null;
  /** What upstream says now of a response that is named: a status, `gone`, or why it cannot be read. */
  upstreamStatus: string | null;
}

export interface OrphanReport {
  /** Tasks that were started after this time. */
  since: string;
  tasks: number;
  /** True when there are more tasks than were read. */
  truncated: boolean;
  orphans: Orphan[];
  /** Ids of tasks that only a worker can tell of, and none did; and of those that could not be read. */
  unread: string[];
}

type Found = Pick<PossibleOrphan, 'attempt' | 'reason' | 'responseId'> & { at: string | null };

/** A result has them; of what runs, or was closed as cancelled, a worker knows; of the rest the history. */
async function possibleOrphans(client: Client, run: WorkflowExecutionInfo): Promise<Found[] | null> {
  const { workflowId, runId, status } = run;
  const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false });
  if (status.name === 'COMPLETED') return ((await handle.result()) as TaskResult).possibleOrphans;
  if (status.name !== 'RUNNING' && status.name !== 'CANCELLED')
    return traceOf(await runEvents(client, workflowId, runId), []).lost;
  const view = await query(client, () => handle.query(taskStatusQuery)).catch(() => null);
  return view && view.possibleOrphans;
}

async function statusOf(upstream: Upstream, responseId: string): Promise<string> {
  try {
    return String((await upstream.retrieve(responseId, [])).status);
  } catch (error) {
    const fault = toFault(error, Date.now(), upstream.secrets);
    return fault.type === 'Upstream.NotFound' ? 'gone' : `${fault.type}: ${fault.message}`;
  }
}

/** Reads the results of tasks, newest first. Upstream is asked only of those that are named. */
export async function findOrphans(client: Client, upstreamOf: UpstreamOf, bounds: Bounds): Promise<OrphanReport> {
  const notContinued = isNot('ExecutionStatus', 'ContinuedAsNew');
  const { runs, since, truncated } = await boundedTasks(client, bounds, 'StartTime', notContinued);
  const read = await inTurns(runs, async (run) => {
    const found = await possibleOrphans(client, run).catch((error: unknown) => {
      if (isServerAway(error)) throw error;
      return null;
    });
    return { run, found };
  });
  const rows = read.flatMap(({ run, found }) => (found ?? []).map((one) => ({ run, one })));
  const orphans = await inTurns(rows, async ({ run, one }): Promise<Orphan> => {
    const { attempt, at, reason, responseId = null } = one;
    const upstreamStatus = responseId === null ? null : await statusOf(await upstreamOf(), responseId);
    const execution = run.status.name;
    return { taskId: run.workflowId, attempt, at, reason, execution, responseId, upstreamStatus };
  });
  const unread = read.filter(({ found }) => found === null).map(({ run }) => run.workflowId);
  return { since, tasks: runs.length, truncated, orphans, unread };
}
