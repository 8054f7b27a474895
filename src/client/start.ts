/** Starting workflows: one id, one run, however often it is started. */
import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import type { BatchInput, StoredRequest, TaskInput, TaskOptions } from '../contracts';
import { priorityOf, summaryOf, taskDetails, taskSummary } from '../contracts/describe';
import { BATCH_WORKFLOW, REPORT_WORKFLOW, SEARCH_ATTRIBUTES, TASK_WORKFLOW } from '../names';
import { describe, executionOf, type Kind } from './describe';

/** A task, batch or report that is known to the server. */
export interface Started {
  id: string;
  runId: string;
  /** True when the id was taken: nothing was started, this is the run that has it, ended or not. */
  joined: boolean;
}

export interface StartContext {
  client: Client;
  taskQueue: string;
  /** False where the server lacks the custom search attributes. */
  searchAttributes: boolean;
  /** A receiver of webhooks runs, so tasks with `watch: 'auto'` may rely on it. */
  webhookReceiver?: boolean;
  /** Hosts that URLs in requests may name although they are private. */
  privateHosts?: readonly string[];
}

/** What the client knows and a task does not. Options that say so themselves are left as they are. */
export function withReceiver({ webhookReceiver }: StartContext, options?: TaskOptions): TaskOptions | undefined {
  return webhookReceiver ? { webhookReceiver, ...options } : options;
}

const TYPES: Record<Kind, string> = { task: TASK_WORKFLOW, batch: BATCH_WORKFLOW, report: REPORT_WORKFLOW };

/** Null when nothing has this id yet. @throws UsageError when something of another kind has it. */
export async function findStarted({ client }: StartContext, id: string, kind: Kind): Promise<Started | null> {
  if ((await executionOf(client, id)) === null) return null;
  const { runId } = await describe(client, id, kind);
  return { id, runId, joined: true };
}

/** @throws UsageError when the id is taken by something of another kind. */
export async function startOrJoin(client: Client, kind: Kind, options: WorkflowStartOptions): Promise<Started> {
  const id = options.workflowId;
  try {
    const handle = await client.workflow.start(TYPES[kind], {
      ...options,
      // Running or ended: the id stands for one paid run, so it is never used twice.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    return { id, runId: handle.firstExecutionRunId, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { runId } = await describe(client, id, kind);
    return { id, runId, joined: true };
  }
}

function attributes({ searchAttributes }: StartContext, pairs: SearchAttributePair[]) {
  return searchAttributes ? { typedSearchAttributes: pairs } : {};
}

function optionsField(context: StartContext, task: TaskInput): Pick<TaskInput, 'options'> {
  const options = withReceiver(context, task.options);
  return options ? { options } : {};
}

/** @param stored Where the request is; else the workflow gets it whole. */
export function startTaskWorkflow(
  context: StartContext,
  id: string,
  task: TaskInput,
  stored?: StoredRequest,
): Promise<Started> {
  const { priority = 'medium', tenant, labels } = task.options ?? {};
  const model = task.request?.model ?? 'attached';
  return startOrJoin(context.client, 'task', {
    workflowId: id,
    taskQueue: context.taskQueue,
    args: [{ ...(stored ? { stored } : task), ...optionsField(context, task) }],
    priority: priorityOf(task),
    staticSummary: taskSummary(task),
    staticDetails: taskDetails(task),
    memo: { labels: labels ?? {}, priority, model },
    ...attributes(context, [
      { key: SEARCH_ATTRIBUTES.TaskStatus, value: 'queued' },
      { key: SEARCH_ATTRIBUTES.TaskPriority, value: priority },
      { key: SEARCH_ATTRIBUTES.TaskModel, value: model },
      ...(tenant ? [{ key: SEARCH_ATTRIBUTES.TenantId, value: tenant }] : []),
    ]),
  });
}

export function startBatchWorkflow(context: StartContext, id: string, batch: BatchInput): Promise<Started> {
  const items = batch.pages.reduce((sum, page) => sum + page.items, 0);
  return startOrJoin(context.client, 'batch', {
    workflowId: id,
    taskQueue: context.taskQueue,
    args: [batch],
    staticSummary: summaryOf(batch.retryOf ? `${items} items of ${batch.retryOf} again` : `batch of ${items}`),
    memo: { folder: batch.folder, items, ...(batch.retryOf ? { retryOf: batch.retryOf } : {}) },
    ...attributes(context, [{ key: SEARCH_ATTRIBUTES.BatchId, value: id }]),
  });
}
