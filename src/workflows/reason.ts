/** Why somebody stops something. */
import { MAX_REASON_CHARS } from '../settings';

/** A signal may bring anything, and a reason is in the result and on the page. */
export const reasonFrom = (given: unknown, otherwise: string): string =>
  typeof given === 'string' ? given.slice(0, MAX_REASON_CHARS) : otherwise;
