/** Events of a response's stream. */

/** One event as upstream sent it: `type` is sure, all else may be missing or new. */
export interface UpstreamEvent {
  type: string;
  sequence_number?: number;
  [field: string]: unknown;
}
