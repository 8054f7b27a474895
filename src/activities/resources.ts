/** The activities around a run: files before it, cleanup after it. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { CleanUpInput, CleanUpReport, UploadInput } from '../contracts';
import { toFault, type Upstream } from '../upstream';
import { underHeartbeats } from './heartbeat';
import { uploadOnce } from './upload-once';

/** The user's own cleanup. It may be called more than once for a task, so it must be idempotent. */
export type CleanUpHook = (task: CleanUpInput) => void | Promise<void>;

/** The retry policy of `cleanUp` in `workflows/policies.ts` allows as many attempts. */
export const CLEAN_UP_ATTEMPTS = 5;

export interface ResourceDeps {
  upstream: Upstream;
  cleanUp?: CleanUpHook;
  nowMs: () => number;
}

/** Deletes something; gives null when it is gone, else what is left, in words. */
export const remover =
  (upstream: Upstream, nowMs: () => number) =>
  async (what: string, deletion: () => Promise<void>): Promise<string | null> => {
    try {
      await deletion();
      return null;
    } catch (error) {
      const fault = toFault(error, nowMs(), upstream.secrets);
      return fault.type === 'Upstream.NotFound' ? null : `${what}: ${fault.message}`;
    }
  };

export function createResourceActivities({ upstream, cleanUp, nowMs }: ResourceDeps) {
  const remove = remover(upstream, nowMs);
  /** Gives what is left. */
  const cleaned = async (input: CleanUpInput): Promise<string[]> => {
    const files = input.fileIds.map((id) => remove(`file ${id}`, () => upstream.deleteFile(id)));
    const containers = input.containerIds.map((id) => remove(`container ${id}`, () => upstream.deleteContainer(id)));
    const results = await Promise.all([...files, ...containers]);
    results.push(await remove('cleanup hook', async () => cleanUp?.(input)));
    return results.filter((result) => result !== null);
  };
  return {
    /**
     * Uploads one file and gives its id. A file that cannot be read is refused for good.
     *
     * @throws `NotUploaded` when trying again can help: the workflow waits, and orders the next try.
     */
    uploadFile: (input: UploadInput): Promise<string> => uploadOnce(input, upstream, nowMs),

    /** Deletes what the task made and calls the user's hook. Retried while something is left; then names what is. */
    async cleanUp(input: CleanUpInput): Promise<CleanUpReport> {
      const notCleaned = await underHeartbeats(() => cleaned(input));
      if (notCleaned.length > 0 && Context.current().info.attempt < CLEAN_UP_ATTEMPTS) {
        throw ApplicationFailure.create({ type: 'CleanUpIncomplete', message: notCleaned.join('; ') });
      }
      return { notCleaned };
    },
  };
}
