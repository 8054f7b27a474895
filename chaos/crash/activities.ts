/** Crash points in activities, and in what they keep. */
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartHeartbeat } from '../../src/contracts';
import type { BlobStore } from '../../src/store';
import type { Crash } from './crash';
import type { CrashPoint } from './points';

const RECORDED_LOOK_MS = 20;

const saysId = (details: unknown): boolean => (details as Partial<StartHeartbeat> | undefined)?.phase === 'created';

/** The SDK's heartbeat comes back before the server has it. */
async function whenRecorded({ client, info }: Context): Promise<void> {
  const handle = client.workflow.getHandle(info.workflowExecution?.workflowId ?? '');
  for (;;) {
    const { pendingActivities } = (await handle.describe()).raw;
    const data = pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
    if (data && saysId(JSON.parse(Buffer.from(data).toString()))) return;
    await sleep(RECORDED_LOOK_MS);
  }
}

/** The heartbeat that has the id goes through here: the SDK gives each activity a context of its own. */
function watchHeartbeats(context: Context, crash: Crash): void {
  const beat = context.heartbeat;
  const value = (details: unknown) => {
    if (saysId(details)) crash.reached('id-unrecorded');
    beat(details);
    if (!saysId(details) || crash.at !== 'id-recorded') return;
    void whenRecorded(context).then(() => crash.reached('id-recorded'));
  };
  Object.defineProperty(context, 'heartbeat', { value });
}

/** Activities whose end is a point of its own. */
const RETURNS: Record<string, CrashPoint> = { saveRecords: 'records-saved', cleanUp: 'cleaned' };

export const crashingActivities =
  (crash: Crash): ActivityInterceptorsFactory =>
  (context) => ({
    inbound: {
      execute: async (input, next) => {
        watchHeartbeats(context, crash);
        const result = await next(input);
        crash.reached(RETURNS[context.info.activityType] ?? 'activity-unreturned');
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
