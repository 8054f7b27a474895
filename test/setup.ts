/** For every test file: what helpers opened, and what was put in the place of something else, is gone after it. */
import { afterAll, afterEach, vi } from 'vitest';
import { closeOfFile, closeOfTest } from './helpers/leftovers';

afterEach(closeOfTest);
afterAll(async () => {
  await closeOfFile();
  // Files share their process.
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
