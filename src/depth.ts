/** How deep a value is nested. Pure: also in workflows. */

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

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
