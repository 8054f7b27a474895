/** Faults as the failures that Temporal carries to the workflow. */
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import type { UpstreamFault } from '../contracts';

/**
 * The failure's type is the fault's; its details are the fault, and for a create that may have been accepted the names of
 * the secrets that it was sent with. No cause: it could carry what was redacted.
 */
export function failureOf(fault: UpstreamFault, secretNames?: string[]): ApplicationFailure {
  // Being asked to wait is no defect: such failures are logged quietly and not counted as errors.
  const benign = fault.type === 'Upstream.RateLimited';
  return ApplicationFailure.create({
    type: fault.type,
    message: fault.message,
    nonRetryable: !fault.retryable,
    details: secretNames ? [fault, secretNames] : [fault],
    ...(benign ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/**
 * Why an activity that was told to stop has not done its work. A worker that goes is no reason to end anything: the next
 * attempt goes on from the heartbeat.
 */
export function interrupted({ reason }: AbortSignal): Error {
  if (!(reason instanceof Error)) return new CancelledFailure('Cancelled.');
  if (reason.message !== 'WORKER_SHUTDOWN') return reason;
  return ApplicationFailure.create({
    type: 'WorkerShutdown',
    message: 'The worker stops; the next one goes on.',
    category: ApplicationFailureCategory.BENIGN,
  });
}
