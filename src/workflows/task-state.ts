/** What a running task knows, and how it tells it. */
import {
  CancellationScope,
  patched,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Answer,
  ResponseOffer,
  TaskInput,
  TaskProgress,
  TaskResult,
  TaskStatus,
  TaskStatusView,
  VisitPlan,
  VisitReport,
} from '../contracts';
import { SEARCH_ATTRIBUTES } from '../names';
import type { TaskSettings } from '../settings';
import { describeTask } from './describe-progress';
import { freshProgress } from './fresh-progress';
import { intervalsOf } from './modes';
import { netLooksMs, type Net } from './net-schedule';

export interface Task {
  readonly taskId: string;
  readonly input: TaskInput;
  settings: TaskSettings;
  progress: TaskProgress;
  phase: TaskStatusView['phase'];
  /** Set once by whoever stops the task. */
  stop: { by: 'signal' | 'temporal'; reason: string } | null;
  /** Ends the wait before the next look: to look, or to wait anew under changed settings. */
  wake: 'look' | 'change' | null;
  /** A response that the create under way may have made; see `adopt.ts`. */
  offer: ResponseOffer | null;
  /** The gate of the account has let it in. */
  permitted: boolean;
  nextLookAtMs: number | null;
  /** Out while a webhook is waited for. */
  net: Net | null;
  looksInRun: number;
  /** Creates and uploads, each try of them. */
  sendsInRun: number;
  /** When the last look of this run was ordered; 0 before that. */
  lookedAtMs: number;
  /** Set when a look saw the end. */
  answer: Answer | null;
  seenAt: string | null;
  result: TaskResult | null;
  /** Ends the activity that is under way; set while there is one that may be interrupted. */
  interrupt: (() => void) | null;
}

export function openTask(input: TaskInput, settings: TaskSettings): Task {
  return {
    taskId: workflowInfo().workflowId,
    input,
    settings,
    progress: { ...freshProgress(input, settings), ...input.carried },
    phase: input.carried?.responseId || input.attach ? 'watching' : 'creating',
    stop: null,
    wake: input.carried?.hinted ? 'look' : null,
    offer: null,
    permitted: false,
    nextLookAtMs: null,
    net: null,
    looksInRun: 0,
    sendsInRun: 0,
    lookedAtMs: 0,
    answer: null,
    seenAt: null,
    result: null,
    interrupt: null,
  };
}

export const deadlineMs = ({ progress, settings }: Task): number =>
  progress.startedAtMs + progress.heldMs + settings.maxWaitSeconds * 1000;

/**
 * When a response that is still queued has been so for too long; null when there is no such limit, or it has started. A
 * net that is out keeps to it alone: it may have seen the start, and comes back when it has not.
 */
export function queuedDeadlineMs({ settings, progress, net }: Task): number | null {
  if (settings.maxQueuedSeconds === undefined || progress.status !== 'queued' || net) return null;
  if (progress.responseId === null) return Date.now() + settings.maxQueuedSeconds * 1000;
  const since = progress.createdAt === null ? knownSinceMs(progress) : Date.parse(progress.createdAt);
  return Math.max(since, progress.startedAtMs) + settings.maxQueuedSeconds * 1000;
}

/** A create that comes quickly needs no more exact time; older histories took the start of the task for all. */
const QUICK_CREATE_MS = 1_000;

/** Since when there is a response, before a look has told when it was made. */
function knownSinceMs({ startedAtMs, knownSinceMs: knownMs }: TaskProgress): number {
  return knownMs > startedAtMs + QUICK_CREATE_MS && patched('queue-limit-from-create') ? knownMs : startedAtMs;
}

export function statusView(task: Task): TaskStatusView {
  const { progress, settings } = task;
  return {
    taskId: task.taskId,
    status: progress.status,
    phase: task.phase,
    responseId: progress.responseId,
    model: progress.model,
    priority: settings.priority,
    watched: progress.watched,
    polls: progress.polls,
    creates: progress.creates,
    startedAt: new Date(progress.startedAtMs).toISOString(),
    deadlineAt: new Date(deadlineMs(task)).toISOString(),
    nextLookAt: task.nextLookAtMs === null ? null : new Date(task.nextLookAtMs).toISOString(),
    lastError: progress.lastFault?.message ?? null,
    cancelReason: task.stop?.reason ?? null,
    possibleOrphans: progress.possibleOrphans,
  };
}

/** Shows the state in the Web UI. Costs no event. */
export function showDetails(task: Task): void {
  const netLooks = task.net ? netLooksMs(task.net, deadlineMs(task)) : [];
  setCurrentDetails(describeTask(statusView(task), task.result, netLooks));
}

/** Changes the status; the search attribute follows on a change only, since each upsert is an event. */
export function setStatus(task: Task, status: TaskStatus): void {
  if (task.progress.status !== status) {
    task.progress.status = status;
    const registered = workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.TaskStatus) !== undefined;
    // A server that lacks the attribute would refuse the upsert for ever; the starter then left it out.
    if (registered) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.TaskStatus, value: status }]);
    else upsertMemo({ taskStatus: status });
  }
  showDetails(task);
}

/** Takes over what a visit found. */
export function absorb(task: Task, report: VisitReport): void {
  const { progress } = task;
  progress.responseId = report.responseId;
  progress.model = report.model ?? progress.model;
  progress.polls += report.polls;
  progress.pollIndex = report.pollIndex;
  progress.retryAfterSeconds = report.retryAfterSeconds;
  progress.missing = report.missing;
  progress.lastFault = report.fault;
  progress.createdAt ??= report.createdAt;
  progress.startedAt ??= report.startedAt;
  progress.place = report.place ?? progress.place;
  progress.secretNames = report.secretNames ?? progress.secretNames;
  for (const [status, times] of Object.entries(report.unknownStatuses)) {
    progress.unknownStatuses[status] = (progress.unknownStatuses[status] ?? 0) + times;
  }
  task.answer ??= report.answer;
  task.seenAt ??= report.seenAt;
  if (!report.answer && report.upstreamStatus === 'in_progress') setStatus(task, 'in_progress');
  else showDetails(task);
}

/** Runs `work` so that `task.interrupt()` cancels it. */
export async function withInterrupt<T>(task: Task, work: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  task.interrupt = () => scope.cancel();
  try {
    return await scope.run(work);
  } finally {
    task.interrupt = null;
  }
}

/** What a visit that starts now may do. */
export function planVisit(task: Task, lookFirst: boolean): VisitPlan {
  const { settings, progress } = task;
  const secondsUntil = (ms: number) => Math.max(0, (ms - Date.now()) / 1000);
  const queuedUntil = queuedDeadlineMs(task);
  return {
    intervalsSeconds: intervalsOf(settings, progress),
    pollIndex: progress.pollIndex,
    // In the other modes a look is one look: something else says when to look again.
    inlineWaitSeconds: progress.watched.mode === 'poll' && progress.rechecks === 0 ? settings.inlineWaitSeconds : 0,
    retryAfterSeconds: progress.retryAfterSeconds,
    missing: progress.missing,
    maxSeconds: secondsUntil(deadlineMs(task)),
    maxQueuedSeconds: queuedUntil === null ? null : secondsUntil(queuedUntil),
    lookFirst,
    maxOutputBytes: settings.maxOutputBytes,
    answerKey: task.input.answerKey ?? null,
    include: progress.include,
    secretNames: progress.secretNames,
  };
}
