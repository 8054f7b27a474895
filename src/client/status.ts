/** Where a task, batch or report stands. */
import type { Client } from '@temporalio/client';
import type { BatchProgress, ReportProgress, TaskStatusView } from '../contracts';
import { SEARCH_ATTRIBUTES } from '../names';
import { taskStatusQuery } from '../workflows/messages';
import { reportProgressQuery } from '../workflows/report-messages';
import { describe, query, type Kind } from './describe';
import { withNet } from './net-look';
import { readBatchProgress } from './read-batch';

/** What is known of a task, batch or report; `view` is null when no worker answered in time. */
export interface StatusReport {
  id: string;
  kind: Kind;
  /** Of the workflow: RUNNING, COMPLETED, CANCELLED, TERMINATED, ... */
  execution: string;
  /** From the visibility store: `queued`, `in_progress`, or how it ended. Of a terminated task: where it stood. */
  taskStatus: string | null;
  view: TaskStatusView | BatchProgress | ReportProgress | null;
}

export async function readStatus(client: Client, id: string): Promise<StatusReport> {
  const { kind, status, typedSearchAttributes, raw } = await describe(client, id);
  const handle = client.workflow.getHandle(id);
  const ask = {
    task: async () => {
      const asked = await query(client, () => handle.query(taskStatusQuery));
      return withNet(client, asked, raw.pendingActivities ?? []);
    },
    batch: () => readBatchProgress(client, id),
    report: () => query(client, () => handle.query(reportProgressQuery)),
  };
  const view = await ask[kind]().catch(() => null);
  const taskStatus = typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) ?? null;
  return { id, kind, execution: status.name, taskStatus, view };
}
