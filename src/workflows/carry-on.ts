/** The next run of a task goes on where this one stands. */
import { continueAsNew } from '@temporalio/workflow';
import type { TaskInput, TaskResult, TaskSource } from '../contracts';
import type { Task } from './task-state';

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
