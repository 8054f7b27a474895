/** The run of a report: a task of its own, with its container kept alive until its files are saved. */
import {
  ChildWorkflowFailure,
  condition,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { rootCause, type SearchAttributePair } from '@temporalio/common';
import type { ReportInput, TaskInput, TaskResult } from '../contracts';
import { priorityOf, taskDetails, taskSummary } from '../contracts/describe';
import { reportTaskId, SEARCH_ATTRIBUTES } from '../names';
import { reportKeys } from '../store/keys';
import { cancelTaskSignal } from './messages';
import { keep } from './policies';
import { reportRequest, type ReportTools } from './report-request';
import { enterPhase, type Report, type ReportEnd } from './report-state';
import type { responseTask } from './task';

/** The container goes after 20 minutes without use, and a long run may not use it for longer. */
const KEEP_ALIVE_MS = 600_000;

function searchAttributesOf({ options, model }: ReportInput): SearchAttributePair[] {
  // The report itself was started without them where the server does not have them.
  if (workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskPriority) === undefined) return [];
  const { tenant, priority = 'medium' } = options;
  return [
    { key: SEARCH_ATTRIBUTES.TaskStatus, value: 'queued' },
    { key: SEARCH_ATTRIBUTES.TaskPriority, value: priority },
    { key: SEARCH_ATTRIBUTES.TaskModel, value: model },
    ...(tenant ? [{ key: SEARCH_ATTRIBUTES.TenantId, value: tenant }] : []),
  ];
}

function startRun({ input, reportId }: Report, tools: ReportTools) {
  const answerKey = reportKeys.answer(input.folder);
  const task: TaskInput = { request: reportRequest(input, tools), options: input.options, answerKey };
  return startChild<typeof responseTask>('responseTask', {
    workflowId: reportTaskId(reportId),
    args: [task],
    // A report that is terminated by hand must not leave a paid run behind: its task cancels it upstream.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    priority: priorityOf(task),
    typedSearchAttributes: searchAttributesOf(input),
    memo: { labels: input.options.labels ?? {} },
    staticSummary: taskSummary(task),
    staticDetails: taskDetails(task),
  });
}

/** A look that fails says nothing of the run; that the container is gone is seen when its files are wanted. */
async function keepAlive(containerId: string, isOver: () => boolean): Promise<void> {
  const summary = 'keep the container';
  while (!(await condition(isOver, KEEP_ALIVE_MS, { summary })))
    await keep.keepContainer.executeWithOptions({ summary }, [{ containerId }]).catch(() => undefined);
}

/** A task whose workflow gave no result: cancelled or terminated by hand, or failed. */
function lost(taskId: string, error: unknown): ReportEnd {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  const code = isCancellation(error) ? 'cancelled_by_hand' : cause instanceof Error ? cause.name : 'unknown_error';
  const message = `Task ${taskId}: ${rootCause(error) ?? String(error)}. Its response may still run upstream.`;
  return { status: isCancellation(error) ? 'cancelled' : 'unknown', error: { code, message } };
}

function endOf({ status, error, incompleteReason }: TaskResult): ReportEnd {
  const incomplete = incompleteReason ? { code: 'incomplete', message: incompleteReason } : null;
  return { status, error: error ?? incomplete };
}

/** Starts the run and waits for its end, whatever it is; a stop cancels it upstream. */
export async function runReport(report: Report, tools: ReportTools): Promise<ReportEnd> {
  enterPhase(report, 'running');
  const taskId = reportTaskId(report.reportId);
  try {
    const child = await startRun(report, tools);
    report.taskId = taskId;
    enterPhase(report, 'running');
    const ended = child.result();
    let isOver = false;
    const over = ended.finally(() => (isOver = true)).catch(() => undefined);
    await Promise.all([
      over,
      keepAlive(tools.containerId, () => isOver),
      condition(() => isOver || report.stop !== null).then(async () => {
        // It may have ended in the same moment: then there is nothing to stop.
        if (report.stop && !isOver) await child.signal(cancelTaskSignal, report.stop.reason).catch(() => undefined);
      }),
    ]);
    report.task = await ended;
    return endOf(report.task);
  } catch (error) {
    return lost(taskId, error);
  }
}
