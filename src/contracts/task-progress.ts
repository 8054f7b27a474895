/** What a running task says of itself, can be told, and carries over continue-as-new. */
import type { PossibleOrphan, Priority, Retry, TaskOptions, TaskStatus } from './task';
import type { StreamPlace } from './stream';
import type { UpstreamFault } from './visit';
import type { Watched } from './watch';

/** The answer of the `taskStatus` query. */
export interface TaskStatusView {
  taskId: string;
  status: TaskStatus;
  phase: 'uploading' | 'creating' | 'held' | 'watching' | 'cancelling' | 'cleaning' | 'done';
  responseId: string | null;
  model: string | null;
  priority: Priority;
  watched: Watched;
  polls: number;
  creates: number;
  startedAt: string;
  deadlineAt: string;
  nextLookAt: string | null;
  lastError: string | null;
  cancelReason: string | null;
  possibleOrphans: PossibleOrphan[];
}

/** The argument of the `adoptResponse` signal: a response, and the create that it says to come from. */
export interface ResponseOffer {
  responseId: string;
  /** `metadata.attempt`. */
  attempt: number;
}

/** The argument of the `changeTask` update: what is given replaces the option of the running task. */
export type TaskChange = Pick<TaskOptions, 'pollIntervalsSeconds' | 'maxWaitSeconds' | 'maxQueuedSeconds'>;

/** Copies of one file of a task that upstream may have, and that only their expiry deletes. */
export interface LostUpload {
  name: string;
  copies: number;
  /** When upstream has deleted the last of them by itself. */
  goneAt: string;
}

/** Where a task stands; all of it survives continue-as-new. */
export interface TaskProgress {
  startedAtMs: number;
  status: TaskStatus;
  responseId: string | null;
  model: string | null;
  createdAt: string | null;
  startedAt: string | null;
  polls: number;
  /** POSTs that were or may have been accepted. */
  creates: number;
  /** Time spent before the gate of the account: it does not count towards deadlines. */
  heldMs: number;
  /** POSTs tried, refused ones too. */
  attempts: number;
  pollIndex: number;
  retryAfterSeconds: number | null;
  missing: number;
  lastFault: UpstreamFault | null;
  possibleOrphans: PossibleOrphan[];
  unknownStatuses: Record<string, number>;
  fileIds: string[];
  /** Uploads that may have been accepted, and whose ids nobody has. */
  lostUploads: LostUpload[];
  /** `include` of the request, which every GET needs again. */
  include: string[];
  /** Names of the secrets that were sent, where there were any. */
  secretNames?: string[];
  retries: Retry[];
  /** When this task learned the response's id; 0 when it was attached to. */
  knownSinceMs: number;
  watched: Watched;
  /** Where its stream was left. */
  place: StreamPlace;
  /** Looks that follow soon on one that was asked for, or that failed; counted from there. */
  rechecks: number;
  /** The run before was asked to look, and did not come to it. */
  hinted?: boolean;
}
