/** I10: how large histories have become. */
import type { TaskResult } from '../../src/contracts';
import { broken, type Broken } from './evidence';

/** The server's own warnings begin there, at a fifth of what it refuses. */
export const MAX_EVENTS = 10_240;
export const MAX_BYTES = 10 * 1024 * 1024;

/** A run of a workflow, as its history shows it. */
export interface HistorySize {
  workflowId: string;
  events: number;
  bytes: number;
  /** Times that each type of event is in it. */
  types: Record<string, number>;
  /** Times that a create was tried, those that upstream refused too. */
  createsTried: number;
  /** Times that its stream was followed. */
  streams: number;
}

/** Those of a task that nothing has happened to, beside its looks. */
const EVENTS_OF_A_TASK = 30;
const EVENTS_OF_A_LOOK = 11;
/** An activity and a timer, each with the workflow task after it. */
const EVENTS_OF_A_CREATE = 12;
/** An activity, its workflow task, and the timer beside it with its end. */
const EVENTS_OF_A_STREAM = 8;
/** Itself, and a workflow task. */
const EVENTS_OF_A_SIGNAL = 4;
/** A workflow task, accepted, completed, a timer that ends, and the next one. */
const EVENTS_OF_AN_UPDATE = 7;
/** Scheduled, started, lost. */
const EVENTS_OF_A_LOST_WORKFLOW_TASK = 3;

/** What was done to a run from outside: signals and updates, and workers that were killed at their work. */
function fromOutside({ types }: HistorySize): number {
  const of = (name: string) => types[name] ?? 0;
  const lost = of('WORKFLOW_TASK_TIMED_OUT') + of('WORKFLOW_TASK_FAILED');
  const signals = of('WORKFLOW_EXECUTION_SIGNALED') + of('WORKFLOW_EXECUTION_CANCEL_REQUESTED');
  const updates = of('WORKFLOW_EXECUTION_UPDATE_ACCEPTED');
  return EVENTS_OF_A_LOST_WORKFLOW_TASK * lost + EVENTS_OF_A_SIGNAL * signals + EVENTS_OF_AN_UPDATE * updates;
}

/** Every run of every workflow is far from the limits of the server. */
export function checkSizes(sizes: readonly HistorySize[]): Broken[] {
  return sizes
    .filter(({ events, bytes }) => events >= MAX_EVENTS || bytes >= MAX_BYTES)
    .map(({ workflowId, events, bytes }) => broken('I10', `${workflowId}: ${events} events, ${bytes} bytes`));
}

/** A task has no more events than its looks and creates need. */
export function checkTaskSize(size: HistorySize, { polls }: Pick<TaskResult, 'polls'>): Broken[] {
  const { workflowId, events, createsTried, streams } = size;
  const further = EVENTS_OF_A_CREATE * Math.max(0, createsTried - 1) + EVENTS_OF_A_STREAM * streams;
  const most = EVENTS_OF_A_TASK + EVENTS_OF_A_LOOK * polls + further + fromOutside(size);
  if (events <= most) return [];
  return [
    broken(
      'I10',
      `${workflowId}: ${events} events for ${polls} looks, ${createsTried} creates and ${streams} streams, most ${most}`,
    ),
  ];
}
