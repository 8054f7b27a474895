/** A task before the gate of the account. */
import { condition } from '@temporalio/workflow';
import type { StartInput } from '../contracts';
import { priorityOf } from '../contracts/describe';
import { showDetails, type Task } from './task-state';

/** Whose share of the account a task takes: its tenant's, its batch's, or that of all single tasks. */
export function shareOf({ settings, input }: Task, source: StartInput['source']): StartInput['share'] {
  const { priorityKey } = priorityOf(input);
  const batch = 'stored' in source ? source.stored.folder : 'tasks';
  return { priorityKey, fairnessKey: settings.tenant ?? batch };
}

/** Asked for again after this time, should the word of the gate be lost; then later and later. */
const HELD_SECONDS = { first: 60, most: 900 };

/** Waits before the gate of the account. Nothing was sent, and the task's own time stands still. */
export async function waitForPermit(task: Task, times: number): Promise<void> {
  const { progress } = task;
  const beganMs = Date.now();
  const seconds = Math.min(HELD_SECONDS.most, HELD_SECONDS.first * 2 ** times);
  progress.attempts--;
  task.phase = 'held';
  showDetails(task);
  const summary = 'the limits of the account are reached';
  await condition(() => task.stop !== null || task.permitted, seconds * 1000, { summary });
  progress.heldMs += Date.now() - beganMs;
  task.permitted = false;
  task.phase = 'creating';
}
