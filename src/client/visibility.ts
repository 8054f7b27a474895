/** Lists and counts from the visibility store: no history is read, and it lags a moment behind. */
import type { Client } from '@temporalio/client';
import { OUTCOMES, PRIORITIES, type Priority, type TaskStatus } from '../contracts';
import { UsageError } from '../errors';
import { BATCH_WORKFLOW, ID_PATTERN, SEARCH_ATTRIBUTES, TASK_WORKFLOW } from '../names';
import { all, countWhere, is, isNot, isOneOf, listWhere, type Condition } from './visibility-query';

const STATUSES: readonly TaskStatus[] = ['queued', 'in_progress', ...OUTCOMES];

export interface ListFilter {
  status?: TaskStatus;
  priority?: Priority;
  batch?: string;
  /** Only those that have not ended. */
  running?: boolean;
  /** Default 50, at most 1,000. */
  limit?: number;
}

export interface ListedTask {
  id: string;
  /** Of the workflow: RUNNING, COMPLETED, CANCELLED, TERMINATED, ... */
  execution: string;
  /** Of a task that was terminated: where it stood. */
  status: string | null;
  priority: string | null;
  model: string | null;
  startedAt: string;
  closedAt: string | null;
}

export interface Summary {
  /** When the counts were read. The store is about a second behind the workflows. */
  readAt: string;
  byStatus: Record<string, number>;
  byPriority: Record<string, number>;
  /** Counts by status of the newest batches (at most 20), newest first. */
  byBatch: { id: string; execution: string; counts: Record<string, number> }[];
  /** Ended by hand: no cleanup ran, so their responses may still run upstream. */
  terminated: number;
}

const MAX_LIMIT = 1_000;

/** Runs that continued as new are parts of a task that goes on. */
const TASKS = all(is('WorkflowType', TASK_WORKFLOW), isNot('ExecutionStatus', 'ContinuedAsNew'));

/** @throws UsageError */
export function checkFilter({ status, priority, batch, limit }: ListFilter): void {
  const problems: string[] = [];
  if (status !== undefined && !STATUSES.includes(status))
    problems.push(`status: expected one of ${STATUSES.join(', ')}`);
  if (priority !== undefined && !PRIORITIES.includes(priority))
    problems.push(`priority: expected one of ${PRIORITIES.join(', ')}`);
  if (batch !== undefined && !ID_PATTERN.test(batch)) problems.push('batch: expected the id of a batch');
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    problems.push(`limit: expected a whole number from 1 to ${MAX_LIMIT}`);
  if (problems.length > 0) throw new UsageError(problems);
}

/** What was ended by hand could not change its status any more: it is not what it stood at. */
const ENDED_BY_HAND = ['Terminated', 'TimedOut', 'Failed'];

function statusIs(status: string): Condition {
  const open = status === 'queued' || status === 'in_progress';
  const alive = open ? ENDED_BY_HAND.map((execution) => isNot('ExecutionStatus', execution)) : [];
  return all(is('TaskStatus', status), ...alive);
}

function conditionOf({ status, priority, batch, running }: ListFilter): Condition {
  return all(
    TASKS,
    ...(status ? [statusIs(status)] : []),
    ...(priority ? [is('TaskPriority', priority)] : []),
    ...(batch ? [is('BatchId', batch)] : []),
    ...(running ? [is('ExecutionStatus', 'Running')] : []),
  );
}

/** Tasks, newest first. @throws UsageError for a filter that is none. */
export async function listTasks(client: Client, filter: ListFilter): Promise<ListedTask[]> {
  checkFilter(filter);
  const { limit = 50 } = filter;
  const tasks: ListedTask[] = [];
  for await (const run of listWhere(client, conditionOf(filter), limit)) {
    tasks.push({
      id: run.workflowId,
      execution: run.status.name,
      status: run.typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) ?? null,
      priority: run.typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskPriority) ?? null,
      model: run.typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskModel) ?? null,
      startedAt: run.startTime.toISOString(),
      closedAt: run.closeTime?.toISOString() ?? null,
    });
    if (tasks.length >= limit) break;
  }
  return tasks;
}

/** One count a value: the store groups by ExecutionStatus only. */
async function counts(
  client: Client,
  values: readonly string[],
  condition: (value: string) => Condition,
): Promise<Record<string, number>> {
  const entries = await Promise.all(
    values.map(async (value) => [value, await countWhere(client, all(TASKS, condition(value)))] as const),
  );
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** Each costs a dozen counts. */
const MAX_BATCHES = 20;

async function batchCounts(client: Client): Promise<Summary['byBatch']> {
  const batches: { id: string; execution: string }[] = [];
  for await (const run of listWhere(client, is('WorkflowType', BATCH_WORKFLOW), MAX_BATCHES)) {
    // An id that could not be one of ours gets into no query.
    if (ID_PATTERN.test(run.workflowId)) batches.push({ id: run.workflowId, execution: run.status.name });
    if (batches.length >= MAX_BATCHES) break;
  }
  const countsOf = (id: string) => counts(client, STATUSES, (status) => all(is('BatchId', id), statusIs(status)));
  return Promise.all(batches.map(async (batch) => ({ ...batch, counts: await countsOf(batch.id) })));
}

/** Counts of tasks by status, by priority and by batch, however many there are: no history is read. */
export async function summarize(client: Client): Promise<Summary> {
  const readAt = new Date().toISOString();
  const [byStatus, byPriority, byBatch, terminated] = await Promise.all([
    counts(client, STATUSES, statusIs),
    counts(client, PRIORITIES, (priority) => is('TaskPriority', priority)),
    batchCounts(client),
    countWhere(client, all(TASKS, isOneOf('ExecutionStatus', ENDED_BY_HAND))),
  ]);
  return { readAt, byStatus, byPriority, byBatch, terminated };
}
