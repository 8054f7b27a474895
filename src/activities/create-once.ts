/** One POST that may cost money, and what has to be durable around it. */
import { ApplicationFailure } from '@temporalio/activity';
import type { StartHeartbeat, StartInput, UpstreamFault } from '../contracts';
import { count, isDeeperThan, jsonBytes, MAX_DEPTH } from '../door/bounds';
import { reasonOf, SecretError, type SecretProvider } from '../secrets/values';
import { DamagedBlobError, type BlobStore } from '../store';
import { toFault, type Upstream } from '../upstream';
import type { AnswerKeeper } from './answer-keeper';
import { failureOf } from './failure';
import type { GateDesk } from './gate-desk';
import { keepHeartbeating, recordDurably, underAnsweredHeartbeats } from './heartbeat';
import { requestBody, UnreadableRequestError } from './request-body';
import { requestUrlProblem } from './request-urls';

export interface ResponseDeps {
  upstream: Upstream;
  secrets: SecretProvider;
  store: BlobStore;
  keepAnswer: AnswerKeeper;
  /** Hosts that URLs in requests may name although they are private; default: none. */
  privateHosts?: readonly string[];
  /** Bytes of JSON. */
  maxRequestBytes: number;
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

/** What an item has beside its request: ids, options, labels, names of files. */
const ITEM_BYTES = 100_000;

/** What came past the door of a client of ours: anything that a workflow can be started with. */
function assertBounds({ source }: StartInput, maxBytes: number): void {
  const refuse = (code: string, message: string) => failureOf(rejected(code, `${message} Nothing was sent.`));
  const request = 'request' in source ? source.request : undefined;
  if (isDeeperThan(MAX_DEPTH, request))
    throw refuse('request_too_deep', `The request is nested deeper than ${MAX_DEPTH} levels.`);
  const sizeBytes = 'stored' in source ? source.stored.at.length - ITEM_BYTES : (jsonBytes(request) ?? Infinity);
  if (sizeBytes <= maxBytes) return;
  const limit = `${count(maxBytes)}, the limit of this worker (DURABLE_RESPONSES_MAX_REQUEST_BYTES)`;
  throw refuse('request_too_large', `The request has ${count(sizeBytes)} bytes of JSON, more than ${limit}.`);
}

async function bodyOf(input: StartInput, { secrets, store, maxRequestBytes }: ResponseDeps) {
  assertBounds(input, maxRequestBytes);
  try {
    return await requestBody(input, secrets, store);
  } catch (error) {
    if (error instanceof SecretError) throw failureOf(rejected(error.code, withAdvice(input.taskId, error)));
    const isUnreadable = error instanceof UnreadableRequestError || error instanceof DamagedBlobError;
    if (isUnreadable) throw failureOf(rejected('input_unreadable', `${error.message} Nothing was sent.`));
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

/** What is sent. A large request of a slow store takes long; nothing is sent meanwhile, so its heartbeats say nothing. */
const prepared = (input: StartInput, deps: ResponseDeps) =>
  underAnsweredHeartbeats(async () => {
    const ready = await bodyOf(input, deps);
    const { privateHosts = [] } = deps;
    const problem = await requestUrlProblem(ready.body, { privateHosts, secretValues: ready.secretValues });
    if (problem !== undefined) throw failureOf(rejected('url_refused', problem));
    return ready;
  });

/** POSTs once. The intent is durable before, the id at once after. */
export async function createOnce<T>(
  input: StartInput,
  deps: ResponseDeps,
  post: (body: CreateBody) => Promise<T>,
): Promise<Made<T>> {
  const { upstream, nowMs } = deps;
  const { body, secretNames } = await prepared(input, deps);
  const sent = secretNames.length > 0 ? secretNames : undefined;
  const intent: StartHeartbeat = { phase: 'sending', attempt: input.attempt, secretNames: sent };
  await recordDurably(intent);
  const heartbeat = keepHeartbeating(() => intent);
  try {
    // Not cut off by a cancel: the id must not be lost. The upstream's own deadline bounds it.
    return { made: await post(body), secretNames };
  } catch (error) {
    const fault = toFault(error, nowMs(), upstream.secrets);
    throw fault.maybeAccepted ? failureOf({ ...fault, type: 'Upstream.AmbiguousCreate' }, sent) : failureOf(fault);
  } finally {
    heartbeat.stop();
  }
}
