/** The next run of a task goes on where this one stands. */
import { continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import type { TaskInput, TaskResult, TaskSource } from '../contracts';
import { MAX_SENDS_PER_RUN } from './policies';
import type { Task } from './task-state';

/**
 * Each create is in the history with the whole request. One try at least in each run, so that every run comes further.
 * Older histories went on until the server ended them.
 */
export const isRunFull = ({ sendsInRun }: Task): boolean =>
  sendsInRun > 0 &&
  (sendsInRun >= MAX_SENDS_PER_RUN || workflowInfo().continueAsNewSuggested) &&
  patched('create-in-next-run');

/** @param source What the next run may still need: the request, or only the id of its response. */
export function carryOn(task: Task, source: TaskSource): Promise<never> {
  const { answerKey } = task.input;
  return continueAsNew<(input: TaskInput) => Promise<TaskResult>>({
    ...source,
    ...(answerKey === undefined ? {} : { answerKey }),
    options: task.settings,
    carried: { ...task.progress, hinted: task.wake === 'look' },
  });
}
