import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take a minute or more on two cores, the longest first. Without a record of times vitest goes by their size. */
const SLOW = (
  'chaos batch-scale cli-watch kill-points encrypted-tasks cli cli-end-to-end stream-watch gate report-crash batch-pages webhook-watch sizes tail poll-schedule ' +
  'start report-cli embedded-hold examples report report-long lost-batch pack'
).split(' ');

function rankOf({ moduleId }: TestSpecification): number {
  const place = SLOW.indexOf(basename(moduleId, '.test.ts'));
  return place < 0 ? SLOW.length : place;
}

/** A file that takes minutes and begins last is waited for by itself, while nothing else runs. */
class SlowFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve([...files].sort((a, b) => rankOf(a) - rankOf(b)));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    // Threads crash the native worker of the Temporal SDK.
    pool: 'forks',
    // Two cores: with three files at once a sixth of the time is saved, and tests that have a second for something fail.
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
