import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take half a minute or more, the longest first. Without a record of times vitest goes by their size. */
const SLOW = (
  'cli-watch stream-watch kill-points gate cli deploy sizes batch-scale batch-pages cli-end-to-end examples tail canaries ' +
  'chaos webhook-watch embedded-hold poll-schedule report-cli pack model upload-crash report-long'
).split(' ');

/** Those that wait for most of their time, for what the death of a worker takes to be noticed. The longest first. */
const WAITING = 'encrypted-tasks start report tail-outages lost-batch garbage report-crash'.split(' ');

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

const filesOf = (names: string[]) => names.map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // Threads crash the native worker of the Temporal SDK.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        // They take a third of a core each.
        test: { name: 'waiting', include: filesOf(WAITING), maxWorkers: 4, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'working',
          include: ['test/**/*.test.ts'],
          exclude: filesOf(WAITING),
          // Two cores: with three files at once tests that have a second for something fail.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
