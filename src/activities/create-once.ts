/** One POST that may cost money, and what has to be durable around it. */
import { ApplicationFailure } from '@temporalio/activity';
import type { StartHeartbeat, StartInput, UpstreamFault } from '../contracts';
import { redact } from '../security/redact';
import { count, isDeeperThan, jsonBytes, MAX_DEPTH } from '../door/bounds';
import { DamagedBlobError, type BlobStore } from '../store';
import { toFault, type Upstream } from '../upstream';
import type { AnswerKeeper } from './answer-keeper';
import { failureOf } from './failure';
import type { GateDesk } from './gate-desk';
import { keepHeartbeating, recordDurably } from './heartbeat';
import { MissingSecretError, requestBody, UnreadableRequestError, type SecretProvider } from './request-body';

export interface ResponseDeps {
  upstream: Upstream;
  secrets: SecretProvider;
  store: BlobStore;
  keepAnswer: AnswerKeeper;
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
    if (error instanceof MissingSecretError) throw failureOf(rejected('secret_missing', error.message));
    const isUnreadable = error instanceof UnreadableRequestError || error instanceof DamagedBlobError;
    if (isUnreadable) throw failureOf(rejected('input_unreadable', `${error.message} Nothing was sent.`));
    // A disk or a vault in trouble: nothing was sent, so the workflow tries again until the task's deadline.
    const reason = redact(error instanceof Error ? error.message : String(error));
    throw ApplicationFailure.create({ type: 'NotSent', message: `The request could not be prepared: ${reason}` });
  }
}

export type CreateBody = Awaited<ReturnType<typeof bodyOf>>['body'];

/** POSTs once. The intent is durable before, the id at once after. */
export async function createOnce<T>(
  input: StartInput,
  deps: ResponseDeps,
  post: (body: CreateBody) => Promise<T>,
): Promise<T> {
  const { upstream, nowMs } = deps;
  const { body, secretValues } = await bodyOf(input, deps);
  await recordDurably({ phase: 'sending', attempt: input.attempt } satisfies StartHeartbeat);
  const heartbeat = keepHeartbeating(() => ({ phase: 'sending', attempt: input.attempt }) satisfies StartHeartbeat);
  try {
    // Not cut off by a cancel: the id must not be lost. The upstream's own deadline bounds it.
    return await post(body);
  } catch (error) {
    const fault = toFault(error, nowMs(), [...upstream.secrets, ...secretValues]);
    throw failureOf(fault.maybeAccepted ? { ...fault, type: 'Upstream.AmbiguousCreate' } : fault);
  } finally {
    heartbeat.stop();
  }
}
