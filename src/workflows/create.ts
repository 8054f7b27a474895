/** The first phase: exactly one response, or a clear word that there may be another. */
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { StartHeartbeat, StartInput, TaskError, TaskOutcome, UpstreamFault, VisitReport } from '../contracts';
import { LOST_PAYLOAD } from '../lost-payload';
import { adopt, canAdopt, offeredId } from './adopt';
import { carryOn, isRunFull } from './carry-on';
import { MAX_POSSIBLE_CREATES, start } from './policies';
import { shareOf, waitForPermit } from './permit';
import { waitToSendAgain } from './send-again';
import { absorb, deadlineMs, planVisit, withInterrupt, type Task } from './task-state';

/** How a phase ended without a response to watch. */
export interface EarlyEnd {
  status: TaskOutcome;
  error: TaskError | null;
}

type Started =
  | { kind: 'created'; report: VisitReport }
  | { kind: 'notSent' }
  | { kind: 'held' }
  | { kind: 'refused' | 'rejected'; fault: UpstreamFault }
  | { kind: 'lost'; fault: UpstreamFault; secretNames?: string[] };

/** Nobody knows what became of the create. */
const ambiguous = (code: string, message: string): UpstreamFault => ({
  type: 'Upstream.AmbiguousCreate',
  message,
  httpStatus: null,
  code,
  requestId: null,
  retryAfterSeconds: null,
  retryable: true,
  maybeAccepted: true,
});

const workerLost = ambiguous('worker_lost', 'The worker was lost while the create was under way.');

/**
 * Failures before anything is sent; a worker that lacks a key could not even read the request, and another one may, or the
 * same one later. No older history has a failure of a type that was added, so none is read in another way.
 */
const NOT_SENT = ['NotSent', 'MissingKeyError', 'KeysUnavailableError', 'DamagedPayloadError', 'PayloadUnreadError'];

/** The worker could not even read what to send, and no other one will. */
const lostRequest = (message: string): UpstreamFault => ({
  ...ambiguous('payload_lost', `${message} Nothing was sent.`),
  type: 'Upstream.Rejected',
  retryable: false,
  maybeAccepted: false,
});

/** What became of a create whose activity did not return a report. */
function readFailure(error: unknown): Started {
  if (isCancellation(error)) return { kind: 'notSent' };
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof TimeoutFailure) {
    const details = cause.lastHeartbeatDetails as StartHeartbeat | undefined;
    if (details?.phase === 'created') return { kind: 'created', report: details.report };
    // The intent is recorded before anything is sent, so without it nothing was.
    if (details?.phase !== 'sending') return { kind: 'notSent' };
    return { kind: 'lost', fault: workerLost, secretNames: details.secretNames };
  }
  if (cause instanceof ApplicationFailure && NOT_SENT.includes(cause.type ?? '')) return { kind: 'notSent' };
  if (cause instanceof ApplicationFailure && cause.type === LOST_PAYLOAD)
    return { kind: 'rejected', fault: lostRequest(cause.message) };
  if (cause instanceof ApplicationFailure && cause.type === 'AwaitPermit') return { kind: 'held' };
  if (cause instanceof ApplicationFailure && cause.type?.startsWith('Upstream.')) {
    const fault = cause.details?.[0] as UpstreamFault;
    if (fault.maybeAccepted) return { kind: 'lost', fault, secretNames: cause.details?.[1] as string[] | undefined };
    return { kind: fault.retryable ? 'refused' : 'rejected', fault };
  }
  if (!(error instanceof ActivityFailure)) throw error;
  // A defect of ours, at an unknown moment: what may have been paid must not be forgotten with a failed workflow.
  return { kind: 'lost', fault: ambiguous('defect', `The worker failed at it: ${cause?.message ?? error.message}`) };
}

async function startOnce(task: Task, source: StartInput['source']): Promise<Started> {
  const attempt = ++task.progress.attempts;
  task.sendsInRun++;
  const plan = planVisit(task, false);
  const { taskId, progress } = task;
  const share = shareOf(task, source);
  const stream = progress.watched.mode === 'stream' ? { stream: true as const } : {};
  const input = { taskId, attempt, source, fileIds: progress.fileIds, plan, ...stream, share };
  const summary = attempt === 1 ? 'create, then the first looks' : `create, attempt ${attempt}, then the first looks`;
  try {
    const call = () => start.startResponse.executeWithOptions({ summary }, [input]);
    return { kind: 'created', report: await withInterrupt(task, call) };
  } catch (error) {
    return readFailure(error);
  }
}

/** Notes a create that may have been accepted; true when another one may be sent. */
function noteLost(task: Task, { fault, secretNames }: Started & { kind: 'lost' }): boolean {
  const { progress, settings, taskId } = task;
  // Should its response be adopted.
  progress.secretNames = secretNames ?? progress.secretNames;
  progress.creates++;
  progress.possibleOrphans.push({
    taskId,
    attempt: progress.attempts,
    at: new Date().toISOString(),
    reason: fault.message,
    responseId: offeredId(task),
  });
  return settings.onAmbiguousCreate === 'retry' && progress.possibleOrphans.length < MAX_POSSIBLE_CREATES;
}

function ambiguousEnd({ taskId, progress }: Task, fault: UpstreamFault): EarlyEnd {
  const message =
    `The reply to the create was lost (${fault.message}), so the response may exist and be paid. ` +
    `Look for metadata.task_id = ${taskId} (attempts 1 to ${progress.attempts}) before you start this again.`;
  return { status: 'unknown', error: { code: 'ambiguous_create', message } };
}

async function waitToCreateAgain(task: Task, fault: UpstreamFault | null): Promise<void> {
  const ready = () => task.stop !== null || canAdopt(task);
  await waitToSendAgain(task, { what: 'create', tries: task.progress.attempts, fault, ready });
}

function tooLate({ settings, progress }: Task): EarlyEnd {
  const last = progress.lastFault ? ` Last: ${progress.lastFault.message}` : '';
  const message = `No response could be created within maxWaitSeconds (${settings.maxWaitSeconds}).${last}`;
  return { status: 'timed_out', error: { code: 'max_wait_seconds', message } };
}

/** Creates the response; null when there is one to watch. */
export async function createResponse(task: Task, source: StartInput['source']): Promise<EarlyEnd | null> {
  const { progress } = task;
  for (let held = 0; ;) {
    // Before a stop too: what is known can be cancelled.
    if (adopt(task)) return null;
    if (task.stop) return { status: 'cancelled', error: null };
    if (Date.now() >= deadlineMs(task)) return tooLate(task);
    // Nothing is under way here, and what is known of earlier creates is in the progress.
    if (isRunFull(task)) await carryOn(task, source);
    const started = await startOnce(task, source);
    if (started.kind === 'created') {
      progress.creates++;
      progress.knownSinceMs = Date.now();
      task.phase = 'watching';
      absorb(task, started.report);
      // Heard of before its id was known here: most likely it has ended, and nobody says so again.
      if (offeredId(task) === progress.responseId) task.wake = 'look';
      return null;
    }
    if (started.kind === 'held') {
      await waitForPermit(task, held++);
      continue;
    }
    const fault = started.kind === 'notSent' ? null : started.fault;
    progress.lastFault = fault;
    if (started.kind === 'rejected') {
      return {
        status: 'rejected',
        error: { code: started.fault.code ?? started.fault.type, message: started.fault.message },
      };
    }
    if (started.kind === 'lost' && !noteLost(task, started) && !canAdopt(task) && !task.stop)
      return ambiguousEnd(task, started.fault);
    await waitToCreateAgain(task, fault);
  }
}
