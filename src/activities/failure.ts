/** Faults as the failures that Temporal carries to the workflow. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { UpstreamFault } from '../contracts';

/** The failure's type is the fault's; its only detail is the fault. No cause: it could carry what was redacted. */
export function failureOf(fault: UpstreamFault): ApplicationFailure {
  // Being asked to wait is no defect: such failures are logged quietly and not counted as errors.
  const benign = fault.type === 'Upstream.RateLimited';
  return ApplicationFailure.create({
    type: fault.type,
    message: fault.message,
    nonRetryable: !fault.retryable,
    details: [fault],
    ...(benign ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}
