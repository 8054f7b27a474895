/** `npm run chaos -- --seed N --minutes M`: mixed tasks under random faults, all by the seed. */
import { Option, type Command } from 'commander';
import { sayBroken } from '../../bench/broken';
import { count, positive } from '../../bench/numbers';
import { isChanged, machine, publish } from '../../bench/page';
import { endOnSignals } from '../../bench/scale/processes';
import { installRuntime } from '../../src/logging';
import { BROKEN_BUILDS, type BrokenBuild } from './broken';
import { runSoak } from './run';
import { tableOf } from './table';

interface Flags {
  seed: number;
  minutes: number;
  broken?: BrokenBuild;
}

async function measure({ seed, minutes, broken }: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  installRuntime('ERROR');
  const { soaked, verdict } = await runSoak({
    seed,
    seconds: 60 * minutes,
    worker: broken && BROKEN_BUILDS[broken],
    say: (text) => console.error(text),
  });
  sayBroken(verdict.broken.map(({ invariant, what }) => `${invariant}: ${what}`));
  const how = broken ? ` --broken ${broken}` : '';
  const command = `npm run chaos -- --seed ${seed} --minutes ${minutes}${how}`;
  if (verdict.broken.length > 0) console.error(`The same again: ${command}`);
  const text = `\`${command}\`; ${machine()}.\n\n${tableOf(soaked, verdict)}`;
  publish('chaos', text, isForPage);
}

export function addSoakCommand(program: Command): void {
  program
    .command('soak', { isDefault: true })
    .description('random faults over mixed tasks, batches and reports; with a seed of its own, nothing is written')
    .option('--seed <n>', 'decides all of it', count, 1)
    .option('--minutes <n>', 'how long faults go on', positive, 30)
    .addOption(new Option('--broken <build>', 'a build that is broken on purpose').choices(Object.keys(BROKEN_BUILDS)))
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
