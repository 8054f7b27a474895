/** Events of a response's stream, and what is said of following it. */
import type { VisitPlan, VisitReport } from './visit';

/** One event as upstream sent it: `type` is sure, all else may be missing or new. */
export interface UpstreamEvent {
  type: string;
  sequence_number?: number;
  [field: string]: unknown;
}

/** Where a reader of a stream stands. */
export interface StreamPlace {
  /** The number of the last event that was taken; null before the first. */
  cursor: number | null;
  /** The end of the output text so far, at most 2 kB. */
  textTail: string;
}

/** Heartbeat details of `followResponse`: the next attempt goes on from them. */
export interface FollowHeartbeat extends StreamPlace {
  responseId: string;
  /** Of the last event. */
  eventType: string | null;
  polls: number;
}

export interface FollowInput {
  taskId: string;
  responseId: string;
  plan: VisitPlan;
  /** Where an earlier reader stood. */
  place: StreamPlace;
  /** Comes back when the run has begun, so that the workflow can say so. */
  untilStarted: boolean;
  /** From when it is scheduled; it then gives the stream up by itself. None for one that is read to its end. */
  leaveAfterSeconds?: number;
  /** Of the task, not of the streams: the gate of the account is found by it. */
  taskQueue: string;
}

/** What following a stream came to. */
export interface FollowReport {
  ended: 'answered' | 'started' | 'left' | 'fall_back';
  report: VisitReport;
  place: StreamPlace;
  /** Why the stream cannot be had; null unless `fall_back`. */
  reason: string | null;
}
