/** One upload, and what has to be durable around it: the API has no way to find a file whose id was lost. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { UploadHeartbeat, UploadInput, UpstreamFault } from '../contracts';
import { FileUnreadableError, toFault, type Upstream } from '../upstream';
import { rejected } from './create-once';
import { failureOf } from './failure';
import { keepHeartbeating, recordDurably } from './heartbeat';

/** Not retried by the engine: the workflow notes what may have been accepted, and can be stopped while it waits. */
function notUploaded(fault: UpstreamFault): ApplicationFailure {
  const benign = fault.type === 'Upstream.RateLimited' ? { category: ApplicationFailureCategory.BENIGN } : {};
  const { message } = fault;
  return ApplicationFailure.create({ type: 'NotUploaded', message, nonRetryable: true, details: [fault], ...benign });
}

const passing = (fault: UpstreamFault): UpstreamFault => ({ ...fault, type: 'Upstream.Unavailable', retryable: true });

const workerLost = (): UpstreamFault => ({
  ...passing(rejected('worker_lost', 'The worker was lost while the upload was under way.')),
  maybeAccepted: true,
});

function failureFrom(error: unknown, upstream: Upstream, nowMs: () => number): ApplicationFailure {
  if (error instanceof FileUnreadableError) {
    if (!error.isPassing) return ApplicationFailure.nonRetryable(error.message, 'FileUnreadable');
    return notUploaded(passing(rejected('file_unreadable', error.message)));
  }
  const fault = toFault(error, nowMs(), upstream.secrets);
  return fault.retryable ? notUploaded(fault) : failureOf(fault);
}

/** Uploads once; that it may have been is durable before. An attempt after a lost worker only tells of it. */
export async function uploadOnce(
  { file, expiresAfterSeconds }: UploadInput,
  upstream: Upstream,
  nowMs: () => number,
): Promise<string> {
  const earlier = Context.current().info.heartbeatDetails as UploadHeartbeat | undefined;
  if (earlier?.phase === 'sending') throw notUploaded(workerLost());
  const details: UploadHeartbeat = { phase: 'sending' };
  await recordDurably(details).catch((error: unknown) => {
    throw error instanceof ApplicationFailure ? notUploaded(passing(rejected('not_sent', error.message))) : error;
  });
  const heartbeat = keepHeartbeating(() => details);
  try {
    return await upstream.uploadFile(file.path, { purpose: file.purpose ?? 'user_data', expiresAfterSeconds });
  } catch (error) {
    throw failureFrom(error, upstream, nowMs);
  } finally {
    heartbeat.stop();
  }
}
