/** Reading addresses. Pure. */

/**
 * The address, or undefined where there is none. In place of `URL.canParse`, which in Node 20 and 22 calls an address with
 * letters beyond ASCII none after some thousand calls (once the engine has optimized the caller): what is skipped for that
 * is not checked.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
