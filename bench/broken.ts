/** How a run ends in which a promise was broken. */

/** Says each, and lets the process end with 1. */
export function sayBroken(promises: readonly string[]): void {
  for (const promise of promises) console.error(`BROKEN: ${promise}`);
  if (promises.length > 0) process.exitCode = 1;
}
