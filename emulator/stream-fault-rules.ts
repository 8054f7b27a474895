/** What a fault plan may say of streams. Numbers are sequence numbers; `after: -1` is before the first event. */
import { z } from 'zod';

const event = z.number().int().min(0);
const after = z.number().int().min(-1);

export const STREAM_FAULTS = [
  /** The connection is cut. */
  z.strictObject({ kind: z.literal('stream_cut'), after }),
  /** Cut when the body has so many bytes. */
  z.strictObject({ kind: z.literal('stream_cut_at_byte'), bytes: z.number().int().min(0) }),
  /** Ends as if all had been said; without `after` only the terminal event is missing. */
  z.strictObject({ kind: z.literal('stream_end'), after: after.optional() }),
  z.strictObject({ kind: z.literal('stream_duplicate'), event }),
  z.strictObject({ kind: z.literal('stream_gap'), event }),
  /** Sent after the one that follows it. */
  z.strictObject({ kind: z.literal('stream_reorder'), event }),
  /** From this event on, numbers begin at 0 again. */
  z.strictObject({ kind: z.literal('stream_renumber'), event }),
  z.strictObject({
    kind: z.literal('stream_error'),
    after,
    /** As the API sends it, or as its specification has it. */
    form: z.enum(['nested', 'flat']),
    code: z.string().optional(),
    message: z.string().optional(),
    /** What follows: the end (default), a `response.failed` and the end, or the rest of the stream. */
    then: z.enum(['end', 'failed', 'go_on']).optional(),
  }),
  /** The connection stays open, and nothing comes. */
  z.strictObject({ kind: z.literal('stream_silence'), after }),
  /** All of it comes, so many bytes at a time. */
  z.strictObject({ kind: z.literal('stream_drip'), bytes: z.number().int().min(1), everyMs: z.number().min(0) }),
  /** Something that does not belong there; `bytes` is the size of `huge`. */
  z.strictObject({
    kind: z.literal('stream_insert'),
    after,
    what: z.enum(['done', 'comment', 'unknown_event', 'bad_json', 'not_utf8', 'huge']),
    bytes: z.number().int().min(1).optional(),
  }),
  /** Lines end with CR and LF. */
  z.strictObject({ kind: z.literal('stream_crlf') }),
] as const;
