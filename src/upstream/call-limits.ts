/** One deadline over a whole call, from the first byte sent to the last one read. */

export interface CallLimits {
  signal: AbortSignal;
  /** In milliseconds. */
  timeout: number;
}

/**
 * Runs `call` with limits that end it after `deadlineMs`, or when `signal` is aborted.
 *
 * A timer of our own holds the controller: `AbortSignal.timeout()` and `AbortSignal.any()` may be collected as garbage
 * while a body is read, and then a stalled one is read for ever (Node 20, 22).
 */
export async function withinDeadline<T>(
  deadlineMs: number,
  signal: AbortSignal | undefined,
  call: (limits: CallLimits) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The deadline of the call has passed.', 'TimeoutError'));
  }, deadlineMs);
  try {
    return await call({ signal: controller.signal, timeout: deadlineMs });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
