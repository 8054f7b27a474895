/** The activities of this package, for its own worker or for yours. */
import { DEFAULT_STORE_DIR } from '../names';
import { createUpstream, type Upstream, type UpstreamOptions } from '../upstream';
import { folderStore, type BlobStore } from '../store';
import { answerKeeper } from './answer-keeper';
import { createBatchActivities } from './batch';
import type { SecretProvider } from './request-body';
import { createResourceActivities, type CleanUpHook } from './resources';
import { createResponseActivities } from './responses';

export type { CleanUpHook, SecretProvider };
export type { CleanUpInput } from '../contracts';

export interface ActivityOptions {
  /** Key and address of the API, or an upstream of your own making. */
  openai: UpstreamOptions | { upstream: Upstream };
  /** Called after a task that was cancelled, timed out or made files; at least once. */
  cleanUp?: CleanUpHook;
  /** Gives the values of `secret://NAME` references. Default: none is known. */
  secrets?: SecretProvider;
  /** Where batches have their input and answers; the client has to see the same. Default: `DEFAULT_STORE_DIR`. */
  store?: BlobStore;
}

/** Everything `responseTask` and `responseBatch` call. Add the result to the `activities` of a Temporal worker. */
export function createActivities(options: ActivityOptions) {
  const { openai, cleanUp, secrets = () => undefined, store = folderStore(DEFAULT_STORE_DIR) } = options;
  const upstream = 'upstream' in openai ? openai.upstream : createUpstream(openai);
  const nowMs = () => Date.now();
  return {
    ...createResponseActivities({ upstream, secrets, store, keepAnswer: answerKeeper(store), nowMs }),
    ...createBatchActivities({ store }),
    ...createResourceActivities({ upstream, cleanUp, nowMs }),
  };
}

export type Activities = ReturnType<typeof createActivities>;
