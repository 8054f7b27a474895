/** Crash points in activities, and in what they keep. */
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { StartHeartbeat } from '../../src/contracts';
import type { BlobStore } from '../../src/store';
import type { Crash } from './crash';

const saysId = (details: unknown): boolean => (details as Partial<StartHeartbeat> | undefined)?.phase === 'created';

/** The heartbeat that has the id goes through here: the SDK gives each activity a context of its own. */
function watchHeartbeats(context: Context, crash: Crash): void {
  const beat = context.heartbeat;
  const value = (details: unknown) => {
    if (saysId(details)) crash.reached('id-unrecorded');
    beat(details);
    if (saysId(details)) crash.reached('id-recorded');
  };
  Object.defineProperty(context, 'heartbeat', { value });
}

export const crashingActivities =
  (crash: Crash): ActivityInterceptorsFactory =>
  (context) => ({
    inbound: {
      execute: async (input, next) => {
        watchHeartbeats(context, crash);
        const result = await next(input);
        crash.reached(context.info.activityType === 'saveRecords' ? 'records-saved' : 'activity-unreturned');
        return result;
      },
    },
  });

/** Answers of tasks are kept as `<response id>.json`. */
const isAnswer = (key: string): boolean => /\/resp_[^/]+\.json$/.test(key);

export const crashingStore = (store: BlobStore, crash: Crash): BlobStore => ({
  ...store,
  put: async (key, content) => {
    await store.put(key, content);
    if (isAnswer(key)) crash.reached('blob-written');
  },
});
