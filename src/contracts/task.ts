/** A task: what it is given, what it says of itself while it runs, and what it returns. */
import type {
  ResponseCreateParamsNonStreaming,
  ResponseOutputItem,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import type { TaskProgress } from './task-progress';
import type { Watched, WatchOption } from './watch';

/** The body of `POST /v1/responses`, passed through whole; fields this package does not know are kept. */
export type ResponseRequest = Omit<ResponseCreateParamsNonStreaming, 'background' | 'stream'> & {
  background?: true | null;
  [field: string]: unknown;
};

export const PRIORITIES = ['high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a task can end as. An outcome of the model is a result; none of these is an exception. */
export const OUTCOMES = [
  'completed',
  'failed',
  'incomplete',
  'cancelled',
  'timed_out',
  'expired',
  'rejected',
  'unknown',
] as const;
export type TaskOutcome = (typeof OUTCOMES)[number];

/** What a task is at any moment; `queued` and `in_progress` as the API has them. */
export type TaskStatus = 'queued' | 'in_progress' | TaskOutcome;

/** A file that the task uploads before the run and deletes after it. */
export interface TaskFile {
  /** A path on the worker's machine; the command line makes it absolute. */
  path: string;
  /** The `purpose` of `POST /v1/files`; default `user_data`. */
  purpose?: string;
}

/** Codes of failed responses that a further try may help. */
export const RETRYABLE_CODES = ['server_error', 'rate_limit_exceeded'] as const;

export interface RetryOn {
  /** Default: both. */
  codes?: (typeof RETRYABLE_CODES)[number][];
  /** Further tries at most: 1 to 10. */
  times: number;
}

/** A response that failed and was followed by another (`retryOn`). */
export interface Retry {
  responseId: string;
  code: string;
  usage: ResponseUsage | null;
}

/** Options of one task; what is left out gets the default of `settings.ts`. */
export interface TaskOptions {
  /** How the end is noticed: by looks (`poll`, the default), by the `stream` of events, by a `webhook`, or `auto`. */
  watch?: WatchOption;
  /** With a webhook: seconds between the looks that are made anyway; the last one repeats. Default 15 min to a day. */
  safetyNetSeconds?: number[];
  /** A receiver of webhooks wakes tasks, so `auto` may rely on it. Default: `DURABLE_RESPONSES_WEBHOOK` of the client. */
  webhookReceiver?: boolean;
  /** Seconds between looks; the last one repeats. Default `[1, 2, 5, 10, 30, 60]`. */
  pollIntervalsSeconds?: number[];
  /** Waits up to this long happen inside the looking activity (no history events). Default 5; 0 for none. */
  inlineWaitSeconds?: number;
  /** The whole task must end within this time of its start. Default 3600. */
  maxWaitSeconds?: number;
  /** The response must leave `queued` within this time of its creation. Default: no limit but `maxWaitSeconds`. */
  maxQueuedSeconds?: number;
  /** At a deadline: `cancel` the response upstream (default) or `leave` it running. */
  onTimeout?: 'cancel' | 'leave';
  /** When the reply to a create was lost: `retry` once (default), or `fail` and let a person look. */
  onAmbiguousCreate?: 'retry' | 'fail';
  priority?: Priority;
  /** Fairness key of the task queue and the `TenantId` search attribute. */
  tenant?: string;
  /** Kept in the workflow's memo for your own use. */
  labels?: Record<string, string>;
  /** Uploaded before the run; their ids are put into every `code_interpreter` container of type `auto`. */
  files?: TaskFile[];
  /** Create again when the response ends as `failed` with one of these codes. Each is a new paid run. Default: never. */
  retryOn?: RetryOn;
  /** An answer whose `output` is larger (bytes of JSON) is left upstream and named `outputOmitted`. Default 64 MiB. */
  maxOutputBytes?: number;
  /** Keys and tokens may be written out in the prompt; else what looks like one is refused. Never in tools. */
  allowKeysInPrompt?: boolean;
}

/** Either start a new response, or watch one that exists. */
export type TaskSource =
  | { request: ResponseRequest; attach?: undefined; stored?: undefined }
  | { attach: { responseId: string }; request?: undefined; stored?: undefined }
  | { stored: StoredRequest; request?: undefined; attach?: undefined };

/** A request that lies in the store, as those of batches and large ones do; only the worker reads it. */
export interface StoredRequest {
  /** Of the batch or the task, in the store. */
  folder: string;
  file: number;
  /** Bytes in the file. */
  at: { offset: number; length: number };
  index: number;
  model: string | null;
  include: string[];
}

/** The input of the `responseTask` workflow. `carried` is only set by continue-as-new. */
export type TaskInput = TaskSource & {
  options?: TaskOptions;
  /** Where the answer goes in the store; only batches set it. */
  answerKey?: string;
  carried?: TaskProgress;
};

/** Why a task ended otherwise than completed; `code` is the API's own where there is one. */
export interface TaskError {
  code: string;
  message: string;
}

/** A create that may have been accepted upstream without its id having reached us. */
export interface PossibleOrphan {
  /** Look for a response whose metadata has this `task_id` and this `attempt`. */
  taskId: string;
  attempt: number;
  at: string;
  reason: string;
  /** Its id, when a webhook named it; it was not adopted, since the task had another response by then. */
  responseId?: string;
}

/** ISO 8601 times; null where not known. */
export interface TaskTimings {
  /** The response's `created_at`. */
  created: string | null;
  /** When it was first seen `in_progress`. */
  started: string | null;
  /** The response's `completed_at` (the API gives it for `completed` only). */
  finished: string | null;
  /** When a look saw the end (the worker's clock); without a look, when the task ended. */
  detected: string | null;
}

/** What `responseTask` returns. */
export interface TaskResult {
  taskId: string;
  status: TaskOutcome;
  responseId: string | null;
  model: string | null;
  outputText: string | null;
  output: ResponseOutputItem[] | null;
  /** True when the answer is not here: it is in the store (`answerKey`), or upstream, by `responseId`. */
  outputOmitted: boolean;
  /** Where the store has the answer; null when it is here, or upstream. */
  answerKey: string | null;
  error: TaskError | null;
  incompleteReason: string | null;
  /** Null when upstream did not say: unknown, not zero. */
  usage: ResponseUsage | null;
  timings: TaskTimings;
  /** GETs of the response. */
  polls: number;
  /** POSTs that were or may have been accepted. */
  creates: number;
  watched: Watched;
  /** Responses that failed before this one, in their order. */
  retries: Retry[];
  possibleOrphans: PossibleOrphan[];
  /** Statuses that this version does not know, each with how often it was seen. */
  unknownStatuses: Record<string, number>;
  cancelReason: string | null;
  /** What should have been cancelled or deleted upstream and could not be, in words. */
  notCleaned: string[];
}
