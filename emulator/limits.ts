/** The limits of the account: requests per minute, and responses in flight. */
import { ApiError } from './errors';
import { endsAtMs } from './lifecycle';
import type { Store } from './store';
import type { StoredResponse } from './types';

export interface AccountLimits {
  requestsPerMinute?: number;
  /** Responses that are queued or in progress. */
  concurrentResponses?: number;
}

/** Refused, and when it may be tried again. */
export class RateLimitError extends ApiError {
  constructor(
    message: string,
    type: 'requests' | 'responses',
    readonly retryAfterMs: number,
  ) {
    super(429, message, { type, code: 'rate_limit_exceeded' });
  }
}

/** A bucket that holds a minute's requests and fills evenly, as the API's does. */
class Bucket {
  private level: number;
  private filledAtMs: number | null = null;

  constructor(private readonly perMinute: number) {
    this.level = perMinute;
  }

  /** How long until there is one; 0 takes it. */
  take(nowMs: number): number {
    const sinceMs = nowMs - (this.filledAtMs ?? nowMs);
    this.level = Math.min(this.perMinute, this.level + (sinceMs * this.perMinute) / 60_000);
    this.filledAtMs = nowMs;
    if (this.level < 1) return Math.ceil(((1 - this.level) * 60_000) / this.perMinute);
    this.level--;
    return 0;
  }
}

/** When a response leaves the account's window. */
const leavesAtMs = (response: StoredResponse): number =>
  Math.min(endsAtMs(response), response.cancelledAtMs ?? Infinity);

export class LimitGuard {
  private readonly bucket: Bucket | undefined;
  /** Those that may still run; ended ones are dropped when they are met. */
  private running = new Set<StoredResponse>();

  constructor(
    private readonly limits: AccountLimits,
    private readonly store: Store,
  ) {
    if (limits.requestsPerMinute !== undefined) this.bucket = new Bucket(limits.requestsPerMinute);
    for (const response of store.responses.values()) this.running.add(response);
  }

  /** @throws RateLimitError when this call would be over a limit. */
  check(op: string, nowMs: number): void {
    const waitMs = this.bucket?.take(nowMs) ?? 0;
    if (waitMs > 0) {
      const limit = `Limit ${this.limits.requestsPerMinute}, Used ${this.limits.requestsPerMinute}, Requested 1.`;
      throw new RateLimitError(`Rate limit reached on requests per min (RPM): ${limit}`, 'requests', waitMs);
    }
    if (op === 'create') this.checkInFlight(nowMs);
  }

  created(id: string | undefined): void {
    const response = this.store.responses.get(id ?? '');
    if (response) this.running.add(response);
  }

  private checkInFlight(nowMs: number): void {
    const { concurrentResponses: most } = this.limits;
    if (most === undefined) return;
    for (const response of this.running) if (leavesAtMs(response) <= nowMs) this.running.delete(response);
    if (this.running.size < most) return;
    const text = `Too many responses in progress: Limit ${most}, Used ${this.running.size}, Requested 1.`;
    throw new RateLimitError(text, 'responses', 1_000);
  }
}
