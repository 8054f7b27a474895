/**
 * Interceptors for payloads that the store has lost. Without them a workflow task would fail for as long as the payload is
 * lost, and the run would hang. Part of the workflow bundle; for bundles of your own see `LOST_PAYLOADS_PATH`.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { log } from '@temporalio/workflow';
import { refuseLost, someLost } from '../lost-payload';

/** As the SDK passes it on where nothing is lost: an interceptor must not move what a workflow does in its turn. */
const unlessLost = <T>(args: readonly unknown[], next: () => Promise<T>): Promise<T> =>
  someLost(args) ? Promise.resolve().then(() => refuseLost(args) as never) : next();

/** @throws PayloadLost in place of what is lost. */
function whole<T>(result: Promise<T>): Promise<T> {
  return result.then((value) => {
    refuseLost([value]);
    return value;
  });
}

export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      // The workflow fails: without its input it can do nothing.
      execute: (input, next) => unlessLost(input.args, () => next(input)),
      // Who sent it cannot be answered, and a run that is paid must not end by it.
      handleSignal: (input, next) => {
        if (!someLost(input.args)) return next(input);
        log.warn('a signal was left out: its payload is lost', { signal: input.signalName });
        return Promise.resolve();
      },
      validateUpdate: (input, next) => {
        refuseLost(input.args);
        next(input);
      },
      handleQuery: (input, next) => unlessLost(input.args, () => next(input)),
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) => whole(next(input)),
      scheduleLocalActivity: (input, next) => whole(next(input)),
      startChildWorkflowExecution: async (input, next) => {
        const [started, result] = await next(input);
        const checked = whole(result);
        // As the SDK's own: whoever never asks for the result has no unhandled rejection.
        checked.catch(() => undefined);
        return [started, checked];
      },
    },
  ],
});
