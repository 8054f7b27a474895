/** What the emulator keeps and tells. Times are milliseconds since the epoch, by the emulator's clock. */

export type Json = Record<string, unknown>;

/** A response as it was created; everything else about it is computed from this and the time. */
export interface StoredResponse {
  id: string;
  createdAtMs: number;
  request: Json;
  script: Script;
  cancelledAtMs: number | null;
  deletedAtMs: number | null;
}

/** How a response lives. */
export interface Script {
  scenario: string;
  queuedSeconds: number;
  runSeconds: number;
  ending: Ending;
  /** Extra statuses shown instead of `in_progress`, in equal parts of the run. */
  detour?: string[];
  /** After a cancel it ends as completed all the same. */
  lateCompletion?: boolean;
}

export type Ending =
  | { status: 'completed' }
  | { status: 'failed'; code: string; message: string }
  | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };

export interface StoredFile {
  id: string;
  filename: string;
  purpose: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  /** Base64. */
  content: string;
  deleted: boolean;
}

export interface StoredContainer {
  id: string;
  createdAtMs: number;
  lastUsedAtMs: number;
  deleted: boolean;
  files: { id: string; path: string; content: string }[];
}

export interface CreateRow {
  id: string;
  at: number;
  metadata: Record<string, string>;
  request: Json;
}

/** One row for every request, refused and dropped ones too; `status` is 0 where no answer was sent. */
export interface CallRow {
  op: string;
  id: string | null;
  at: number;
  status: number;
  task: string | null;
  faulted: boolean;
  /** The official client says with which retry of its own it comes; 0 is the first try. */
  retryCount: number;
}

export interface Ledger {
  creates: CreateRow[];
  calls: CallRow[];
  cancels: { id: string; at: number; status: number }[];
}

/** An error as the API writes it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: { type?: string; code?: string | null; param?: string | null } = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  body(): Json {
    const { type = 'invalid_request_error', code = null, param = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

export const notFound = (what: string, id: string): ApiError => new ApiError(404, `${what} with id '${id}' not found.`);
