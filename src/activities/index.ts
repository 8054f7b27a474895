/** The activities of this package, for its own worker or for yours. */
import { DEFAULT_STORE_DIR } from '../names';
import type { AccountLimits } from '../contracts';
import { MAX_BYTES } from '../door/bounds';
import type { SecretProvider } from '../secrets/values';
import { createUpstream, normalHosts, type Upstream, type UpstreamOptions } from '../upstream';
import { folderStore, type BlobStore } from '../store';
import { answerKeeper } from './answer-keeper';
import { createBatchActivities } from './batch';
import { createFollowActivities } from './follow';
import { createGateActivities } from './gate';
import { gateDesk } from './gate-desk';
import { createNetActivities } from './net';
import { createReportActivities } from './report';
import { createResourceActivities, type CleanUpHook } from './resources';
import { createResponseActivities } from './responses';

export type { CleanUpHook, SecretProvider };
export type { AccountLimits, CleanUpInput } from '../contracts';

export interface ActivityOptions {
  /** Key and address of the API, or an upstream of your own making. */
  openai: UpstreamOptions | { upstream: Upstream };
  /** Called after a task that was cancelled, timed out or made files; at least once. */
  cleanUp?: CleanUpHook;
  /** Gives the values of `secret://NAME`; `secretsInFolder` makes one that reads files. Default: none is known. */
  secrets?: SecretProvider;
  /** Limits of the account, for all workers of the task queue together: each needs the same. Default: none. */
  limits?: AccountLimits;
  /**
   * Where batches and reports have their input and answers, and tasks what is large; the client has to see the same.
   * Default: `DEFAULT_STORE_DIR`. `createWorker` encrypts what is put into it; for a worker of the SDK give it
   * `encryptedBlobs(store, encryption)`.
   */
  store?: BlobStore;
  /** A larger request is refused before it is sent: bytes of JSON. Default and limit: 64 MiB. */
  maxRequestBytes?: number;
}

/** Everything the workflows of this package call. Add the result to the `activities` of a Temporal worker. */
export function createActivities(options: ActivityOptions) {
  const { openai, cleanUp, limits = {}, secrets = () => undefined } = options;
  const { store = folderStore(DEFAULT_STORE_DIR), maxRequestBytes = MAX_BYTES } = options;
  const upstream = 'upstream' in openai ? openai.upstream : createUpstream(openai);
  const nowMs = () => Date.now();
  const isLimited = limits.maxInFlight !== undefined || limits.maxCreatesPerSecond !== undefined;
  const gate = isLimited ? gateDesk(limits) : undefined;
  const privateHosts = 'upstream' in openai ? [] : normalHosts(openai.privateHosts);
  const keepAnswer = answerKeeper(store);
  const deps = { upstream, secrets, store, keepAnswer, privateHosts, maxRequestBytes, gate, nowMs };
  return {
    ...createResponseActivities(deps),
    ...createFollowActivities(deps),
    ...createNetActivities(deps),
    ...createBatchActivities({ store }),
    ...createGateActivities(),
    ...createReportActivities({ upstream, store, nowMs }),
    ...createResourceActivities({ upstream, cleanUp, nowMs }),
  };
}

export type Activities = ReturnType<typeof createActivities>;
