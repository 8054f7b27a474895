/** The activities of this package, for its own worker or for yours. */
import { createUpstream, type Upstream, type UpstreamOptions } from '../upstream';
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
}

/** Everything `responseTask` and `responseBatch` call. Add the result to the `activities` of a Temporal worker. */
export function createActivities({ openai, cleanUp, secrets = () => undefined }: ActivityOptions) {
  const upstream = 'upstream' in openai ? openai.upstream : createUpstream(openai);
  const nowMs = () => Date.now();
  return {
    ...createResponseActivities({ upstream, secrets, nowMs }),
    ...createResourceActivities({ upstream, cleanUp, nowMs }),
  };
}

export type Activities = ReturnType<typeof createActivities>;
