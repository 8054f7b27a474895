/** Runs that could not be read, among others that could. */
import { isGrpcServiceError } from '@temporalio/client';
import { messageOf } from '../errors';
import { redact } from '../security/redact';

/** By number, since the enum would need the gRPC package itself. */
const UNAVAILABLE = 14;

/** The client library wraps what the server said. */
const ofServer = (error: unknown) =>
  [error, error instanceof Error ? error.cause : undefined].find((one) => isGrpcServiceError(one));

/** True when it is not about one run: whoever is asked next would be waited for in vain as well. */
export const isServerAway = (error: unknown): boolean => Number(ofServer(error)?.code) === UNAVAILABLE;

/** In words, and without any of what was read: a parser quotes the text that it does not understand. */
export function whyUnread(error: unknown): string {
  if (error instanceof SyntaxError) return 'a payload of its history is no JSON';
  return redact(ofServer(error)?.details || messageOf(error));
}
