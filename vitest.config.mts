import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take a quarter of a minute or more, the longest first. Without a record of times vitest goes by their size. */
const SLOW = (
  'cli-watch stream-watch kill-points gate deploy sizes batch-pages start cli-end-to-end cli examples canaries batch-scale ' +
  'pack webhook-watch create-runs cancel chaos embedded-hold poll-schedule model encrypted-failures cli-batch-ends report-cli ' +
  'other-clients webhook-programs client batch hostile-upstream report-long upload-crash'
).split(' ');

/** Those that wait for most of their time, for what the death of a worker takes to be noticed. The longest first. */
const WAITING = 'tail encrypted-tasks report tail-outages orphans lost-batch garbage report-crash follow'.split(' ');

function rankOf({ moduleId }: TestSpecification): number {
  const order = [...WAITING, ...SLOW];
  const place = order.indexOf(basename(moduleId, '.test.ts'));
  return place < 0 ? order.length : place;
}

/** A file that takes minutes and begins last is waited for by itself, while nothing else runs. */
class SlowFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve([...files].sort((a, b) => rankOf(a) - rankOf(b)));
  }
}

/** They end what their process has started, or collect its garbage all the time: nothing for a process of many files. */
const ALONE = 'batch-scale chaos kill-points scale-checks call-deadline'.split(' ');

const filesOf = (names: string[]) => names.map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // Threads crash the native worker of the Temporal SDK.
    pool: 'forks',
    setupFiles: ['test/setup.ts'],
    // Two to five times what the slowest take: a machine of a CI may be slow, and busy with others.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    sequence: { sequencer: SlowFirst },
    // What a server that is gone did not answer is tried again by the SDK's client, for some seconds after its test file.
    // The client of this package does not leave such tries behind: `src/closed-calls.ts`.
    onUnhandledError: ({ message }) => !message.includes('Channel has been shut down'),
    projects: [
      {
        extends: true,
        // They take half a core each.
        test: { name: 'waiting', include: filesOf(WAITING), maxWorkers: 4, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'alone', include: filesOf(ALONE), maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'working',
          include: ['test/**/*.test.ts'],
          exclude: filesOf([...WAITING, ...ALONE]),
          // Each file would load the SDK and the client anew, which takes it two seconds of a core.
          isolate: false,
          // Two cores: with three files at once tests that have a second for something fail.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
