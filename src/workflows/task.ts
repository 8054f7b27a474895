/** One response as a workflow: create once, watch with durable timers, cancel cleanly, give back exactly one result. */
import { ApplicationFailure, CancellationScope, CancelledFailure, setHandler } from '@temporalio/workflow';
import type { TaskChange, TaskInput, TaskResult } from '../contracts';
import { isDeeperThan } from '../depth';
import { MAX_DEPTH, resolveSettings, waitingProblems } from '../settings';
import { reasonFrom } from './reason';
import { takeOffer } from './adopt';
import { createResponse, type EarlyEnd } from './create';
import { finish } from './finish';
import { permitGrantedSignal } from './gate-messages';
import {
  adoptResponseSignal,
  cancelTaskSignal,
  changeTaskUpdate,
  lookNowSignal,
  taskResultQuery,
  taskStatusQuery,
} from './messages';
import { mayRetry, prepareRetry } from './retry';
import { openTask, showDetails, statusView, type Task } from './task-state';
import { uploadFiles } from './upload';
import { watchResponse, type WatchEnd } from './watch';

function badInput(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${message} Nothing was started.`, 'BadInput');
}

function checkInput(input: TaskInput | undefined): TaskInput {
  if (!input?.request && !input?.stored && !input?.attach?.responseId)
    throw badInput('Expected { request } or { attach: { responseId } }.');
  // An activity would be called with it: that alone would overflow the stack, again and again.
  if (isDeeperThan(MAX_DEPTH, input.request)) throw badInput(`The request is nested deeper than ${MAX_DEPTH} levels.`);
  const problems = waitingProblems(input.options ?? {});
  if (problems.length > 0) throw badInput(problems.join(' '));
  return input;
}

function requestStop(task: Task, by: 'signal' | 'temporal', reason: string): void {
  // After the result there is nothing left to stop; the first reason stays, Temporal's cancel decides how it closes.
  if (task.result) return;
  task.stop = { by: task.stop?.by === 'temporal' ? 'temporal' : by, reason: task.stop?.reason ?? reason };
  task.interrupt?.();
  showDetails(task);
}

function changeTask(task: Task, change: TaskChange): void {
  task.settings = resolveSettings({ ...task.settings, ...change });
  task.wake = 'change';
  task.interrupt?.();
}

function validateChange(change: TaskChange): void {
  const known = ['pollIntervalsSeconds', 'maxWaitSeconds', 'maxQueuedSeconds'];
  const unknown = Object.keys(change ?? {}).filter((key) => !known.includes(key));
  const problems = [...unknown.map((key) => `${key}: cannot be changed`), ...waitingProblems(change ?? {})];
  if (Object.keys(change ?? {}).length === 0) problems.push(`expected one of ${known.join(', ')}`);
  if (problems.length > 0) throw ApplicationFailure.nonRetryable(problems.join('; '), 'BadInput');
}

/** All handlers are synchronous: none can be under way when the workflow returns or continues as new. */
function listen(task: Task): void {
  setHandler(cancelTaskSignal, (reason) => requestStop(task, 'signal', reasonFrom(reason, 'cancelTask signal')), {
    description: 'Cancel the response upstream and end as cancelled. Argument: an optional reason.',
  });
  setHandler(
    lookNowSignal,
    () => {
      task.wake = 'look';
    },
    { description: 'Look at the response now instead of at the end of the current wait.' },
  );
  setHandler(adoptResponseSignal, (offer) => takeOffer(task, offer), {
    description: 'A response with this task in its metadata was heard of. Argument: { responseId, attempt }.',
  });
  setHandler(permitGrantedSignal, () => void (task.permitted = true), {
    description: 'From the gate of the account: the response may be created now.',
  });
  setHandler(taskStatusQuery, () => statusView(task), { description: 'Where the task stands.' });
  setHandler(taskResultQuery, () => task.result, { description: 'The result; null while the task runs.' });
  setHandler(
    changeTaskUpdate,
    (change) => {
      changeTask(task, change);
      return statusView(task);
    },
    { validator: validateChange, description: 'Change pollIntervalsSeconds, maxWaitSeconds or maxQueuedSeconds.' },
  );
  // Never rejects unhandled: the only thing that can come is the cancel request.
  CancellationScope.current().cancelRequested.catch(() => requestStop(task, 'temporal', 'cancel request'));
}

async function pursue(task: Task): Promise<TaskResult> {
  for (;;) {
    const end = (await begin(task)) ?? (await watch(task));
    if (!mayRetry(task, end)) return finish(task, end);
    await prepareRetry(task);
  }
}

async function begin(task: Task): Promise<EarlyEnd | null> {
  const { request, stored } = task.input;
  const source = request ? { request } : stored ? { stored } : null;
  if (!source || task.progress.responseId) return null;
  showDetails(task);
  return (await uploadFiles(task, source)) ?? (await createResponse(task, source));
}

async function watch(task: Task): Promise<WatchEnd> {
  const { responseId } = task.progress;
  if (!responseId) throw ApplicationFailure.nonRetryable('There is no response to watch.', 'BadInput');
  return watchResponse(task, responseId);
}

/**
 * Runs one background response to its end. Every outcome of the model is a result (`TaskResult.status`), never an
 * exception; the workflow fails only on input that it cannot understand (`BadInput`).
 *
 * A cancel, by the `cancelTask` signal or by Temporal, is mapped to `POST /responses/{id}/cancel`; after the signal the
 * workflow completes with status `cancelled`, after Temporal's cancel it closes as Cancelled (query `taskResult`).
 */
export async function responseTask(input: TaskInput): Promise<TaskResult> {
  const checked = checkInput(input);
  const task = openTask(checked, resolveSettings(checked.options));
  listen(task);
  // One way to stop for every cause: handlers set `task.stop` and interrupt what may be interrupted. The rest, above
  // all the create and the cleanup, must run to its end, so nothing of it is cancelled with the workflow.
  const result = await CancellationScope.nonCancellable(() => pursue(task));
  if (task.stop?.by === 'temporal')
    throw new CancelledFailure(`Task ended as ${result.status} after the cancel request.`);
  return result;
}
