/** Bounds that keep an input within what Temporal carries in one message (2 MB). */

/** Bytes of JSON; the rest of the 2 MB is for what this package and the encryption add. */
export const MAX_BYTES = 1_800_000;
export const MAX_DEPTH = 100;
/** Of a batch: its workflow gets about 30 events for each page of 500. */
export const MAX_ITEMS = 100_000;

/** The size of `value` as JSON, or null when it cannot be written as JSON (a cycle, a bigint). */
export function jsonBytes(value: unknown): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '');
  } catch {
    return null;
  }
}

/** True when objects and arrays are nested deeper than `limit`; a cycle is. Level by level: no recursion to overflow. */
export function isDeeperThan(limit: number, value: unknown): boolean {
  let level = new Set([value].filter(isContainer));
  for (let depth = 1; level.size > 0; depth++) {
    if (depth > limit) return true;
    const next = new Set<object>();
    for (const container of level) {
      for (const child of Object.values(container) as unknown[]) if (isContainer(child)) next.add(child);
    }
    level = next;
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** `1,800,001`, whatever the locale of the machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
