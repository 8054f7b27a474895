/** Files that a run needs are uploaded first, one after the other, so that each id is durable before the next. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { summaryOf } from '../contracts/describe';
import type { EarlyEnd } from './create';
import { resources } from './policies';
import { deadlineMs, type Task } from './task-state';

/** Should we never come to delete them, upstream does it a day after the task's deadline, at most after 30 days. */
const EXPIRY_MARGIN_SECONDS = 86_400;
const MAX_EXPIRY_SECONDS = 30 * 86_400;

/** Uploads the files of the task; how it ended when it must not go on. */
export async function uploadFiles(task: Task): Promise<EarlyEnd | null> {
  const { files, maxWaitSeconds } = task.settings;
  const expiresAfterSeconds = Math.min(MAX_EXPIRY_SECONDS, Math.ceil(maxWaitSeconds) + EXPIRY_MARGIN_SECONDS);
  for (const file of files.slice(task.progress.fileIds.length)) {
    if (task.stop) return { status: 'cancelled', error: null };
    if (Date.now() >= deadlineMs(task)) {
      return {
        status: 'timed_out',
        error: { code: 'max_wait_seconds', message: 'The files were not uploaded in time.' },
      };
    }
    task.phase = 'uploading';
    const summary = summaryOf(`upload ${file.path.split('/').pop() ?? 'file'}`);
    const input = { taskId: task.taskId, file, expiresAfterSeconds };
    try {
      task.progress.fileIds.push(await resources.uploadFile.executeWithOptions({ summary }, [input]));
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      const code = error.cause instanceof ApplicationFailure ? (error.cause.type ?? 'upload_failed') : 'upload_failed';
      return { status: 'rejected', error: { code, message: error.cause?.message ?? error.message } };
    }
  }
  task.phase = 'creating';
  return null;
}
