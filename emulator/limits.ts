/** The limits of the account: requests per minute, and responses in flight. One emulator is one account. */
import { ApiError } from './errors';
import type { CallRow } from './ledger';
import type { Store } from './store';

export interface AccountLimits {
  requestsPerMinute?: number;
  /** Responses that are queued or in progress. */
  concurrentResponses?: number;
}

/** What is advised while too many run: nobody knows when one of them ends. */
const RUNNING_WAIT_MS = 1_000;

/** Refused, and when it may be tried again. */
export class RateLimitError extends ApiError {
  constructor(
    message: string,
    type: 'requests' | 'tokens',
    readonly retryAfterMs: number,
  ) {
    const advice = `Please try again in ${durationText(retryAfterMs)}.`;
    super(429, `${message} ${advice}`, { type, code: 'rate_limit_exceeded' });
  }
}

/** A duration as the API's headers have it: `6ms`, `1.5s`, `1m0.052s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  return ms < 60_000 ? `${ms / 1000}s` : `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
}

/** What sums of fractions of a request may lose. */
const ROUNDING = 1e-9;

/** A bucket that holds a minute's requests and fills evenly, as the API's does. */
class Bucket {
  private level: number;
  private filledAtMs = -Infinity;

  constructor(readonly perMinute: number) {
    this.level = perMinute;
  }

  private fill(nowMs: number): void {
    // Calls are written down when they are answered, and may be so in another order than they came.
    if (nowMs <= this.filledAtMs) return;
    const sinceMs = this.filledAtMs === -Infinity ? 0 : nowMs - this.filledAtMs;
    this.level = Math.min(this.perMinute, this.level + (sinceMs * this.perMinute) / 60_000);
    this.filledAtMs = nowMs;
  }

  /** How long until there are `wanted` requests. */
  waitMs(nowMs: number, wanted = 1): number {
    this.fill(nowMs);
    const lacking = wanted - this.level - ROUNDING;
    return lacking <= 0 ? 0 : Math.ceil((lacking * 60_000) / this.perMinute);
  }

  /** How long until there is a request; 0 takes it. */
  take(nowMs: number): number {
    const waitMs = this.waitMs(nowMs);
    if (waitMs === 0) this.level = Math.max(0, this.level - 1);
    return waitMs;
  }

  headers(nowMs: number): Record<string, string> {
    const untilFullMs = this.waitMs(nowMs, this.perMinute);
    return {
      'x-ratelimit-limit-requests': String(this.perMinute),
      'x-ratelimit-remaining-requests': String(Math.floor(this.level + ROUNDING)),
      'x-ratelimit-reset-requests': durationText(untilFullMs),
    };
  }
}

/** Calls that reached the account; those that the fault plan decided may not have. */
const isCounted = ({ op, status, faulted }: CallRow): boolean =>
  !faulted && op !== 'other' && status !== 401 && status !== 429;

function checkLimit(name: keyof AccountLimits, limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw new RangeError(`limits.${name} must be a whole number above 0, not ${limit}.`);
}

export class LimitGuard {
  private readonly bucket: Bucket | undefined;
  private readonly mostRunning: number | undefined;

  /** What the store knows of the last minute counts. @throws RangeError for a limit that is none. */
  constructor(
    { requestsPerMinute, concurrentResponses }: AccountLimits,
    private readonly store: Store,
  ) {
    checkLimit('requestsPerMinute', requestsPerMinute);
    checkLimit('concurrentResponses', concurrentResponses);
    this.mostRunning = concurrentResponses;
    if (requestsPerMinute === undefined) return;
    this.bucket = new Bucket(requestsPerMinute);
    for (const row of store.calls) if (isCounted(row)) this.bucket.take(row.at);
  }

  /** Counts this call. @throws RateLimitError when it is over a limit: it is not carried out then. */
  check(op: string, nowMs: number): void {
    const waitMs = this.bucket?.take(nowMs) ?? 0;
    if (waitMs > 0) {
      const limit = this.bucket?.perMinute;
      const text = `Rate limit reached on requests per min (RPM): Limit ${limit}, Used ${limit}, Requested 1.`;
      throw new RateLimitError(text, 'requests', waitMs);
    }
    if (op === 'create') this.checkRunning(nowMs);
  }

  /** What every answer says of the limit, where there is one. */
  headers(nowMs: number): Record<string, string> {
    return this.bucket?.headers(nowMs) ?? {};
  }

  private checkRunning(nowMs: number): void {
    const most = this.mostRunning;
    if (most === undefined) return;
    const count = this.store.running.countAt(nowMs);
    if (count < most) return;
    const text = `Rate limit reached on responses in progress: Limit ${most}, Used ${count}, Requested 1.`;
    throw new RateLimitError(text, 'tokens', RUNNING_WAIT_MS);
  }
}
