/**
 * There was no connection yet, so nothing was sent; its cause says why. Its own text does not: the official client looks
 * there for a timeout, and throws an error without a cause for one.
 */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';

  constructor(cause: Error) {
    super('No connection was made: nothing was sent.', { cause });
  }
}
