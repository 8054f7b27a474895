import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the slow ones, alone on two cores. Rough: only their order counts, and a file that is missing comes last. */
const SECONDS: Record<string, number> = {
  crash: 130,
  gate: 120,
  'report-crash': 112,
  'batch-pages': 102,
  'batch-scale': 96,
  'cli-watch': 95,
  cli: 88,
  'cli-end-to-end': 86,
  pack: 73,
  report: 72,
  examples: 60,
  start: 60,
  'embedded-hold': 59,
  'poll-schedule': 54,
  'webhook-programs': 50,
  'lost-batch': 43,
  cancel: 42,
  'encrypted-tasks': 40,
  'report-cli': 39,
  batch: 38,
  'cli-batch-ends': 36,
  'webhook-watch': 35,
  'stream-watch': 35,
  tail: 35,
  'tail-outages': 35,
  client: 31,
  'tail-cuts': 30,
  'codec-server': 25,
  'task-outcomes': 23,
  history: 20,
  'report-long': 19,
  'examples-stream': 19,
};

const secondsOf = ({ moduleId }: TestSpecification): number => SECONDS[basename(moduleId, '.test.ts')] ?? 0;

/** A file that takes minutes and begins last is waited for by itself, while nothing else runs. */
class SlowFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve([...files].sort((a, b) => secondsOf(b) - secondsOf(a)));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    // Threads crash the native worker of the Temporal SDK.
    pool: 'forks',
    // Twice the two cores: most files wait for servers and timers three quarters of their time.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
