/** `npm run test:matrix -- --node 22,24 --openai 6,7 [files]`: the suite with another Node and another official client. */
import { Command } from 'commander';
import { cpus } from 'node:os';
import { loadConfig } from '../../src/config';
import { markdown, publish } from '../page';
import { nodeOf } from './node';
import { testWith, type Outcome } from './project';

/** They talk to upstream, through our code or past it, and none takes a minute. */
const UPSTREAM = (
  'emulator emulator-stream emulator-files answer failures hostile-upstream follow visit call-deadline money ' +
  'webhook-signatures task-outcomes'
)
  .split(' ')
  .map((name) => `test/${name}.test.ts`);

interface Options {
  node: string;
  openai: string;
  upstream?: boolean;
  publish?: boolean;
}

const rowOf = (node: string, { openai, files, passed, failed, skipped, seconds }: Outcome): string[] =>
  [node, openai, files, passed, failed, skipped, seconds].map(String);

const HEAD = ['Node', '`openai`', 'test files', 'passed', 'failed', 'skipped', 'seconds, installs included'];

async function run(files: string[], options: Options): Promise<void> {
  const { cacheDir } = loadConfig();
  const tests = options.upstream ? UPSTREAM : files;
  const rows: string[][] = [];
  for (const major of options.node.split(','))
    for (const client of options.openai.split(',')) {
      const node = await nodeOf(major, cacheDir);
      const outcome = await testWith(node, client, tests);
      rows.push(rowOf(node.version, outcome));
      if (outcome.failed > 0 || outcome.passed === 0) process.exitCode = 1;
      // After each: the next one takes long, and may be given up.
      publish('matrix', `${markdown(HEAD, rows)}\n\n${cpus().length} cores.`, options.publish === true);
    }
}

new Command('test:matrix')
  .argument('[files...]', 'test files; default: all')
  .option('--node <majors>', 'with commas between', '22')
  .option('--openai <majors>', 'with commas between', '7')
  .option('--upstream', 'only the tests that are about what comes from upstream')
  .option('--publish', 'write the table into docs/proof.md')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
