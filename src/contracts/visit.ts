/** What workflows and activities say to each other. */
import type { Response, ResponseOutputItem, ResponseUsage } from 'openai/resources/responses/responses';
import type { StreamPlace } from './stream';
import type { ResponseRequest, StoredRequest, TaskError, TaskFile, TaskOutcome } from './task';

/** The types of failures that cross from activities to workflows. */
export const FAULT_TYPES = [
  'Upstream.RateLimited',
  'Upstream.Unavailable',
  'Upstream.Rejected',
  'Upstream.Auth',
  'Upstream.Protocol',
  'Upstream.NotFound',
  'Upstream.AmbiguousCreate',
] as const;
export type FaultType = (typeof FAULT_TYPES)[number];

/** An upstream call that did not give a usable answer. The message is redacted and cut. */
export interface UpstreamFault {
  type: FaultType;
  message: string;
  /** Null when there was no HTTP answer. */
  httpStatus: number | null;
  /** The API's `error.code`, or ours. */
  code: string | null;
  requestId: string | null;
  /** From 0 to 60; null when upstream named none. */
  retryAfterSeconds: number | null;
  /** Whether trying again can help. */
  retryable: boolean;
  /** For a create: false when it was certainly not accepted. */
  maybeAccepted: boolean;
}

/** How a visit looks: waits of at most `inlineWaitSeconds` happen inside it. */
export interface VisitPlan {
  intervalsSeconds: number[];
  pollIndex: number;
  inlineWaitSeconds: number;
  /** From the last look, if its answer asked for a longer wait. */
  retryAfterSeconds: number | null;
  missing: number;
  /** What the last look failed with, if it did: the first wait is at least a second then. */
  fault?: UpstreamFault | null;
  /** The visit ends when this much time has passed (the task's deadline). */
  maxSeconds: number;
  /** The visit ends when the response is still queued after this time; null for no limit. */
  maxQueuedSeconds: number | null;
  /** True when the wait before the first look has passed already. */
  lookFirst: boolean;
  maxOutputBytes: number;
  /** Where the answer goes in the store; null when the workflow carries it. */
  answerKey: string | null;
  /** `include` of the request: a GET needs it again. */
  include: string[];
  /** Secrets that were sent with the create: what upstream quotes of them is hidden. Left out where there are none. */
  secretNames?: string[];
}

export interface StartInput {
  taskId: string;
  attempt: number;
  /** Either the request, or where it is. */
  source: { request: ResponseRequest } | { stored: StoredRequest };
  fileIds: string[];
  plan: VisitPlan;
  /** Created with `stream`; then the visit is over when the run has left the queue. */
  stream?: true;
  /** For the gate in front of the account, where there is one. */
  share: { priorityKey: number; fairnessKey: string };
}

export interface CheckInput {
  taskId: string;
  responseId: string;
  plan: VisitPlan;
}

export interface AwaitEndInput extends CheckInput {
  /** The wait after a look that failed: shorter than those of the schedule. */
  secondsAfterFault: number;
}

/**
 * Heartbeat details of `startResponse`: a lost worker's successor learns from them what was sent. `secretNames` as in a
 * report: the response may be heard of later.
 */
export type StartHeartbeat =
  { phase: 'sending'; attempt: number; secretNames?: string[] } | { phase: 'created'; report: VisitReport };

export interface CancelInput {
  taskId: string;
  responseId: string;
  include: string[];
  maxOutputBytes: number;
  answerKey: string | null;
  secretNames?: string[];
}

export interface CleanUpInput {
  taskId: string;
  responseId: string | null;
  status: TaskOutcome;
  reason: string | null;
  fileIds: string[];
  containerIds: string[];
}

export interface CleanUpReport {
  /** What could not be deleted, in words. */
  notCleaned: string[];
}

export interface UploadInput {
  taskId: string;
  file: TaskFile;
  /** Upstream deletes the file by itself after this time, should we never come to it. */
  expiresAfterSeconds: number;
}

/** Heartbeat details of `uploadFile`: from then on upstream may have the file. */
export interface UploadHeartbeat {
  phase: 'sending';
}

/** What one visit of a looking activity found out. At most about 1 KB, but for `answer`. */
export interface VisitReport {
  responseId: string;
  model: string | null;
  /** As upstream said it in a GET or an event; null when it said nothing in this visit. */
  upstreamStatus: string | null;
  polls: number;
  /** The place in `pollIntervalsSeconds` of the next wait. */
  pollIndex: number;
  /** Upstream's wish for the next wait, clamped to 60; null when it had none. */
  retryAfterSeconds: number | null;
  /** 404s in a row. */
  missing: number;
  /** What the last GET failed with; null when it did not. */
  fault: UpstreamFault | null;
  /** Statuses seen in this visit that this version does not know. */
  unknownStatuses: Record<string, number>;
  createdAt: string | null;
  startedAt: string | null;
  /** Set when the end was seen. */
  answer: Answer | null;
  /** When the end was seen, by the worker's clock. */
  seenAt: string | null;
  /** Where the stream of the create was left, where there was one. */
  place?: StreamPlace;
  /** Names of the secrets that the create was sent with, where there were any. */
  secretNames?: string[];
}

/** An answer as the store has it. */
export interface StoredAnswer {
  outputText: string | null;
  /** The whole terminal Response as upstream gave it; only credentials of tools are not in it. */
  response: Response;
  /** `x-request-id` of the GET that gave it; null when it had none. */
  requestId: string | null;
}

/** Heartbeat details of `awaitEnd`: what its attempts have seen so far. */
export interface AwaitEndHeartbeat extends VisitReport {
  /** When the next attempt is due, from when the activity was scheduled. */
  dueSeconds: number;
}

/** A terminal response, as a GET (or the reply of the create) gave it. */
export interface Answer {
  status: 'completed' | 'failed' | 'incomplete' | 'cancelled';
  outputText: string | null;
  output: ResponseOutputItem[] | null;
  outputOmitted: boolean;
  /** Where the store has text and output; null when they are here, or upstream. */
  answerKey: string | null;
  error: TaskError | null;
  incompleteReason: string | null;
  usage: ResponseUsage | null;
  finishedAt: string | null;
  /** Containers that the code interpreter used. */
  containerIds: string[];
}
