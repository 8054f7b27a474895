/** Files that a run needs are uploaded first, one after the other, so that each id is durable before the next. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { TaskFile, TaskSource, UploadHeartbeat, UpstreamFault } from '../contracts';
import { summaryOf } from '../contracts/describe';
import type { EarlyEnd } from './create';
import { carryOn, isRunFull } from './carry-on';
import { resources } from './policies';
import { waitToSendAgain } from './send-again';
import { deadlineMs, type Task } from './task-state';

/** Should we never come to delete them, upstream does it a day after the task's deadline, at most after 30 days. */
const EXPIRY_MARGIN_SECONDS = 86_400;
const MAX_EXPIRY_SECONDS = 30 * 86_400;

/** An upload that is under way at the deadline may end: its call has 60 s, and its id is wanted for the cleanup. */
const OVERTIME_MS = 90_000;

const expirySeconds = ({ settings }: Task): number =>
  Math.min(MAX_EXPIRY_SECONDS, Math.ceil(settings.maxWaitSeconds) + EXPIRY_MARGIN_SECONDS);

const nameOf = ({ path }: TaskFile): string => path.split('/').pop() ?? 'file';

/** Upstream may have it, and nobody knows under which id. */
function noteLost({ progress }: Task, file: TaskFile, expiresAfterSeconds: number): void {
  const name = nameOf(file);
  const others = progress.lostUploads.filter((one) => one.name !== name);
  const copies = 1 + (progress.lostUploads.find((one) => one.name === name)?.copies ?? 0);
  const goneAt = new Date(Date.now() + expiresAfterSeconds * 1000).toISOString();
  progress.lostUploads = [...others, { name, copies, goneAt }];
}

function tooLate({ progress }: Task): EarlyEnd {
  const last = progress.lastFault ? ` Last: ${progress.lastFault.message}` : '';
  return {
    status: 'timed_out',
    error: { code: 'max_wait_seconds', message: `The files were not uploaded in time.${last}` },
  };
}

/** The time of all attempts is over: workers were lost one after the other, or there was none. */
const isOverdue = ({ cause, retryState }: ActivityFailure): boolean =>
  retryState === 'TIMEOUT' || (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE');

const wasSending = (cause: unknown): boolean =>
  cause instanceof TimeoutFailure && (cause.lastHeartbeatDetails as UploadHeartbeat | undefined)?.phase === 'sending';

/** Uploads one file, if that goes; how the task ended when it must not go on. */
async function uploadOne(task: Task, file: TaskFile, tries: number): Promise<EarlyEnd | null> {
  const { taskId, progress } = task;
  const expiresAfterSeconds = expirySeconds(task);
  const summary = summaryOf(`upload ${nameOf(file)}`);
  const scheduleToCloseTimeout = deadlineMs(task) - Date.now() + OVERTIME_MS;
  const input = { taskId, file, expiresAfterSeconds };
  try {
    progress.fileIds.push(await resources.uploadFile.executeWithOptions({ summary, scheduleToCloseTimeout }, [input]));
    progress.lastFault = null;
    return null;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    if (isOverdue(error)) {
      if (wasSending(cause)) noteLost(task, file, expiresAfterSeconds);
      return null;
    }
    const code = cause instanceof ApplicationFailure ? (cause.type ?? 'upload_failed') : 'upload_failed';
    if (!(cause instanceof ApplicationFailure) || code !== 'NotUploaded')
      return { status: 'rejected', error: { code, message: cause?.message ?? error.message } };
    const fault = cause.details?.[0] as UpstreamFault;
    progress.lastFault = fault;
    if (fault.maybeAccepted) noteLost(task, file, expiresAfterSeconds);
    await waitToSendAgain(task, { what: 'upload', tries, fault, ready: () => task.stop !== null });
    return null;
  }
}

/** Uploads the files of the task; how it ended when it must not go on. */
export async function uploadFiles(task: Task, source: TaskSource): Promise<EarlyEnd | null> {
  const { files } = task.settings;
  const { fileIds } = task.progress;
  for (let tries = 1; fileIds.length < files.length;) {
    if (task.stop) return { status: 'cancelled', error: null };
    if (Date.now() >= deadlineMs(task)) return tooLate(task);
    task.phase = 'uploading';
    if (isRunFull(task)) await carryOn(task, source);
    task.sendsInRun++;
    const before = fileIds.length;
    const end = await uploadOne(task, files[before]!, tries);
    if (end) return end;
    tries = fileIds.length > before ? 1 : tries + 1;
  }
  task.phase = 'creating';
  return null;
}
