/**
 * Whether workers keep workflows in memory. `npm run test:uncached` has them keep none: each workflow task replays its
 * history from the start, so that whatever is not deterministic shows in any test.
 */
export const UNCACHED = process.env['TEST_UNCACHED'] === '1';

/** For workers in the process of the test, and for those in processes of their own. */
export const CACHE: { worker: { maxCachedWorkflows?: number }; env: Record<string, string> } = UNCACHED
  ? { worker: { maxCachedWorkflows: 0 }, env: { DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS: '0' } }
  : { worker: {}, env: {} };

/**
 * The time limit of a test with a long history. Without a cache each workflow task costs as much as there are events
 * before it: five hours of looks take 3 s with one, and 10 minutes without.
 */
export const replaying = (limitMs: number): number => (UNCACHED ? 40 * limitMs : limitMs);
