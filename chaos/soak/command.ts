/** `npm run chaos -- --seed N --minutes M`: mixed tasks under random faults, all by the seed. */
import { Option, type Command } from 'commander';
import { isChanged, machine, publish } from '../../bench/page';
import { endOnSignals } from '../../bench/scale/processes';
import { installRuntime } from '../../src/logging';
import { BROKEN_BUILDS, type BrokenBuild } from './broken';
import { runSoak } from './run';
import { tableOf } from './table';

interface Flags {
  seed: string;
  minutes: string;
  broken?: BrokenBuild;
}

/** Examples of each promise on stderr; the table has the first. */
const EXAMPLES = 40;

async function measure({ seed, minutes, broken }: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  installRuntime('ERROR');
  const { soaked, verdict } = await runSoak({
    seed: Number(seed),
    seconds: 60 * Number(minutes),
    worker: broken && BROKEN_BUILDS[broken],
    say: (text) => console.error(text),
  });
  for (const { invariant, what } of verdict.broken.slice(0, EXAMPLES)) console.error(`BROKEN ${invariant}: ${what}`);
  const how = broken ? ` --broken ${broken}` : '';
  const command = `npm run chaos -- --seed ${seed} --minutes ${minutes}${how}`;
  if (verdict.broken.length > 0) {
    process.exitCode = 1;
    console.error(`The same again: ${command}`);
  }
  const text = `\`${command}\`; ${machine()}.\n\n${tableOf(soaked, verdict)}`;
  publish('chaos', text, isForPage);
}

export function addSoakCommand(program: Command): void {
  program
    .command('soak', { isDefault: true })
    .description('random faults over mixed tasks, batches and reports; with a seed of its own, nothing is written')
    .option('--seed <n>', 'decides all of it', '1')
    .option('--minutes <n>', 'how long faults go on', '30')
    .addOption(new Option('--broken <build>', 'a build that is broken on purpose').choices(Object.keys(BROKEN_BUILDS)))
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
