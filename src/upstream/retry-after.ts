/** How long upstream asks to be left alone. The SDK's own parser obeys any number; this one does not. */

const MAX_RETRY_AFTER_SECONDS = 60;

const clamp = (seconds: number): number | null =>
  Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);

/** A decimal number, or null: `Number('')` is 0 and `parseFloat('5 apples')` is 5, so neither will do. */
function decimal(value: string | null | undefined): number | null {
  return value != null && /^\s*[+-]?\d+(\.\d+)?(e\d+)?\s*$/i.test(value) ? Number(value) : null;
}

/**
 * Seconds from 0 to 60, or null when the headers name no usable time. Order: `retry-after-ms`, `retry-after` in
 * seconds, `retry-after` as an HTTP date, `openai-poll-after-ms`.
 * Source: RFC 9110 section 10.2.3; `retry-after-ms` and `openai-poll-after-ms` as the official client reads them.
 */
export function retryAfterSeconds(headers: Headers | undefined, nowMs: number): number | null {
  if (!headers) return null;
  const ms = decimal(headers.get('retry-after-ms'));
  if (ms !== null) return clamp(ms / 1000);
  const text = headers.get('retry-after');
  const seconds = decimal(text);
  if (seconds !== null) return clamp(seconds);
  if (text && /[a-z]{3}/i.test(text)) {
    const date = Date.parse(text);
    if (!Number.isNaN(date)) return clamp((date - nowMs) / 1000);
  }
  const pollAfterMs = decimal(headers.get('openai-poll-after-ms'));
  return pollAfterMs === null ? null : clamp(pollAfterMs / 1000);
}
