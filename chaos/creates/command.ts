/** `npm run chaos -- creates`: the worker is killed while creates are under way, a thousand of them. */
import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { sayBroken } from '../../bench/broken';
import { count } from '../../bench/numbers';
import { isChanged, machine, markdown, publish } from '../../bench/page';
import { endOnSignals } from '../../bench/scale/processes';
import { bundleCrashing } from '../crash/bundle';
import { upstreamOf } from '../kills/suite';
import { withPlace } from '../place';
import { brokenCreates, judgeCreates, type CreatesVerdict } from './judge';
import { WAVE } from './plan';
import { runWaves } from './run';

interface Flags {
  kills: number;
  lanes: number;
  broken?: string;
}

function rowsOf(verdict: CreatesVerdict): [string, string][] {
  const { waves, lost, adopted, namedById, namedByAttempt, cancelled, silent, running } = verdict;
  const share = ((100 * (adopted + namedById)) / Math.max(1, lost)).toFixed(1);
  const count = (status: string) => waves.ends.filter((end) => end.status === status).length;
  return [
    ['creates under way when their worker was killed -9', `${waves.killed}, by ${waves.kills} kills`],
    ['of them: accepted upstream, with nobody who had the reply', String(lost)],
    ['adopted by their task: paid once', String(adopted)],
    [
      'beside a second create, and named with their id',
      `${namedById}, of them ${cancelled} cancelled, the others ended`,
    ],
    ['beside a second create, and named by their attempt alone', String(namedByAttempt)],
    ['adopted, or known by their id and over', `${share} %`],
    ['orphans that still run at the end', String(running.length)],
    ['silent duplicates', String(silent.length)],
    ['tasks that ended as completed / as unknown', `${count('completed')} / ${count('unknown')}`],
  ];
}

async function measure({ kills, lanes, broken }: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const waves = Math.ceil(kills / WAVE);
  const verdict = await withPlace({}, async (place) => {
    const build = { bundlePath: join(place.folder, 'crash-bundle.js'), broken };
    await bundleCrashing(build.bundlePath);
    await place.receiver.start();
    return judgeCreates(await runWaves(place, build, waves, lanes), await upstreamOf(place));
  });
  sayBroken(brokenCreates(verdict, waves * WAVE));
  const what = `${WAVE} creates at once, webhook receiver on; ${machine()}.`;
  publish('creates', `${what}\n\n${markdown(['', ''], rowsOf(verdict))}`, isForPage);
}

export function addCreatesCommand(program: Command): void {
  program
    .command('creates')
    .description('kill -9 while creates are under way; with an option, nothing is written')
    .option('--kills <n>', 'creates that are cut off', count, 1000)
    .option('--lanes <n>', 'workers beside each other', count, 4)
    .addOption(new Option('--broken <how>', 'a build that is broken on purpose').choices(['no-intent']))
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
