/** How a run ends in which a promise was broken. */

/** One cause can break thousands. */
const SAID = 40;

/** Says each, and lets the process end with 1. */
export function sayBroken(promises: readonly string[]): void {
  for (const promise of promises.slice(0, SAID)) console.error(`BROKEN: ${promise}`);
  if (promises.length > SAID) console.error(`BROKEN: ${promises.length - SAID} more`);
  if (promises.length > 0) process.exitCode = 1;
}
