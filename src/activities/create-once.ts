/** One POST that may cost money, and what has to be durable around it. */
import { ApplicationFailure } from '@temporalio/activity';
import type { StartHeartbeat, StartInput, UpstreamFault } from '../contracts';
import { reasonOf, SecretError, type SecretProvider } from '../secrets/values';
import type { BlobStore } from '../store';
import { toFault, type Upstream } from '../upstream';
import type { AnswerKeeper } from './answer-keeper';
import { failureOf } from './failure';
import type { GateDesk } from './gate-desk';
import { keepHeartbeating, recordDurably } from './heartbeat';
import { requestBody, UnreadableRequestError } from './request-body';
import { requestUrlProblem } from './request-urls';

export interface ResponseDeps {
  upstream: Upstream;
  secrets: SecretProvider;
  store: BlobStore;
  keepAnswer: AnswerKeeper;
  /** Hosts that URLs in requests may name although they are private; default: none. */
  privateHosts?: readonly string[];
  /** Where the account has limits. */
  gate?: GateDesk;
  nowMs: () => number;
}

/** Refused by ourselves, for good. */
export function rejected(code: string, message: string): UpstreamFault {
  const none = { httpStatus: null, requestId: null, retryAfterSeconds: null };
  return { type: 'Upstream.Rejected', message, code, ...none, retryable: false, maybeAccepted: false };
}

const withAdvice = (taskId: string, { message }: SecretError): string =>
  `${taskId}: ${message} Nothing was sent. Give it to every worker (a variable of its environment, a file in ` +
  'DURABLE_RESPONSES_SECRETS_DIR, or your `secrets` function), then start the task again under another id.';

async function bodyOf(input: StartInput, { secrets, store }: ResponseDeps) {
  try {
    return await requestBody(input, secrets, store);
  } catch (error) {
    if (error instanceof SecretError) throw failureOf(rejected(error.code, withAdvice(input.taskId, error)));
    if (error instanceof UnreadableRequestError) throw failureOf(rejected('input_unreadable', error.message));
    // A disk or a vault in trouble: nothing was sent, so the workflow tries again until the task's deadline.
    const message = `The request could not be prepared: ${reasonOf(error)}`;
    throw ApplicationFailure.create({ type: 'NotSent', message });
  }
}

export type CreateBody = Awaited<ReturnType<typeof bodyOf>>['body'];

/** What a create made, and the secrets that it was sent with: later looks have to hide them. */
export interface Made<T> {
  made: T;
  secretNames: string[];
}

/** POSTs once. The intent is durable before, the id at once after. */
export async function createOnce<T>(
  input: StartInput,
  deps: ResponseDeps,
  post: (body: CreateBody) => Promise<T>,
): Promise<Made<T>> {
  const { upstream, privateHosts = [], nowMs } = deps;
  const { body, secretNames, secretValues } = await bodyOf(input, deps);
  const problem = await requestUrlProblem(body, { privateHosts, secretValues });
  if (problem !== undefined) throw failureOf(rejected('url_refused', `${input.taskId}: ${problem}`));
  await recordDurably({ phase: 'sending', attempt: input.attempt } satisfies StartHeartbeat);
  const heartbeat = keepHeartbeating(() => ({ phase: 'sending', attempt: input.attempt }) satisfies StartHeartbeat);
  try {
    // Not cut off by a cancel: the id must not be lost. The upstream's own deadline bounds it.
    return { made: await post(body), secretNames };
  } catch (error) {
    const fault = toFault(error, nowMs(), upstream.secrets);
    throw failureOf(fault.maybeAccepted ? { ...fault, type: 'Upstream.AmbiguousCreate' } : fault);
  } finally {
    heartbeat.stop();
  }
}
