/** Calls that the client library tries again after their connection was closed: they end, in place of throwing past everybody. */
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Parameters<Interceptor>[1]>;

/** By number, since the enum would need the gRPC package itself; never tried again. */
const CANCELLED = 1;

/** A call that has ended before it began. */
const endedCall: Call = {
  start: (metadata, listener) => {
    listener?.onReceiveMessage?.(null);
    listener?.onReceiveStatus?.({ code: CANCELLED, details: 'The connection was closed.', metadata });
  },
  cancelWithStatus: () => undefined,
  getPeer: () => 'nobody',
  sendMessageWithContext: () => undefined,
  sendMessage: () => undefined,
  startRead: () => undefined,
  halfClose: () => undefined,
  getAuthContext: () => null,
};

/**
 * The client's own retries, which wait in timers. Its next try on a connection that was closed meanwhile would throw
 * ("Channel has been shut down") where nobody can catch it, and end the process. The first try of a call throws to its
 * caller, as ever.
 */
export function retriesThatEnd(): Interceptor[] {
  const tried = new WeakSet<object>();
  const guard = (options: Parameters<Interceptor>[0], next: (options: Parameters<Interceptor>[0]) => Call): Call => {
    const isFirst = !tried.has(options);
    tried.add(options);
    try {
      return next(options);
    } catch (error) {
      if (isFirst) throw error;
      return endedCall;
    }
  };
  // The interceptor around it needs no more than a call; the type asks for the class.
  return [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), guard as unknown as Interceptor];
}
