/**
 * Crash points in workflows, for a bundle of the test build. What is called in the worker is called before the workflow
 * task is answered, so nothing of that task reaches the server. No promise of the workflow is another because of them:
 * its history is the same with and without.
 */
import { proxySinks, workflowInfo, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import type { CrashPoint } from './points';

export interface CrashSinks extends Sinks {
  crash: { reached(point: CrashPoint): void };
}

const { crash } = proxySinks<CrashSinks>();

export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      execute: (input, next) => {
        if (workflowInfo().continuedFromExecutionRunId !== undefined) crash.reached('continued');
        return next(input);
      },
      handleSignal: (input, next) => {
        if (input.signalName === 'cancelTask') crash.reached('signal-handler');
        return next(input);
      },
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) => {
        const result = next(input);
        const note = () => crash.reached('activity-returned');
        result.then(note, () => undefined);
        return result;
      },
      startTimer: (input, next) => {
        crash.reached('timer-unset');
        crash.reached('timer-running');
        return next(input);
      },
      startChildWorkflowExecution: (input, next) => {
        if (workflowInfo().workflowType === 'responseBatchPage') crash.reached('page-child');
        return next(input);
      },
      continueAsNew: (input, next) => {
        crash.reached('continue-unsent');
        return next(input);
      },
    },
  ],
});
