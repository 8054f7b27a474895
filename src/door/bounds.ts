/** Bounds that keep an input within what a worker can hold several of. */
export { isDeeperThan } from '../depth';
export { MAX_DEPTH } from '../settings';

/** Bytes of JSON. As much as is read of an answer; the API's own limits are far below. */
export const MAX_BYTES = 64 * 1024 * 1024;
/** Of a batch: its workflow gets about 30 events for each page of 500. */
export const MAX_ITEMS = 100_000;

/** What to do with a file that is too large for one batch. */
export const SPLIT = 'split the file and start one batch for each part';

/** The size of `value` as JSON, or null when it cannot be written as JSON (a cycle, a bigint). */
export function jsonBytes(value: unknown): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '');
  } catch {
    return null;
  }
}

/** `67,108,864`, whatever the locale of the machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
