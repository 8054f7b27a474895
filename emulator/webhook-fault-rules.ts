/** What a fault plan may say of webhooks. Seconds are those of the emulator's clock. */
import { z } from 'zod';

const seconds = z.number();

export const WEBHOOK_FAULTS = [
  /** It is never sent, and never again. */
  z.strictObject({ kind: z.literal('webhook_lost') }),
  /** Sent once more so often (default 1), with the same `webhook-id`. */
  z.strictObject({ kind: z.literal('webhook_duplicate'), times: z.number().int().min(1).optional() }),
  /** Sent later. */
  z.strictObject({ kind: z.literal('webhook_delay'), seconds: seconds.min(0) }),
  /** Sent after the next one to the same address. */
  z.strictObject({ kind: z.literal('webhook_reorder') }),
  /** Signed with another secret. */
  z.strictObject({ kind: z.literal('webhook_forged') }),
  /** Signed well, with a timestamp that is so much off; below 0 it is in the past. */
  z.strictObject({ kind: z.literal('webhook_timestamp'), seconds }),
  /** Signed well, with a body that is no event that is known. */
  z.strictObject({
    kind: z.literal('webhook_garbage'),
    body: z.enum(['cut', 'empty', 'html', 'null', 'wrong_types', 'unknown_type', 'unknown_response']),
  }),
] as const;
