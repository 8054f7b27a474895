/** `npm run bench -- stream-kills`: the worker is killed in the middle of a stream, at moments that seeds choose. */
import type { Command } from 'commander';
import { sayBroken } from '../broken';
import { count, positive } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { withPlace } from '../scale/place';
import { endOnSignals } from '../scale/processes';
import { killedRun } from './run';
import { brokenIn, rowsOf, type KilledRun } from './verdict';

/** Each has a worker of its own; most of the time all of them wait. */
const LANES = 4;

interface Flags {
  seeds: number;
  seconds: number;
}

/** Gives the runs in the order of their seeds. */
async function allRuns(seeds: number, seconds: number): Promise<KilledRun[]> {
  return withPlace(1, async (place) => {
    const runs: KilledRun[] = [];
    let next = 1;
    const lane = async () => {
      for (let seed = next++; seed <= seeds; seed = next++) {
        const run = await killedRun(place, seed, seconds);
        runs.push(run);
        console.error(`seed ${seed}: ${JSON.stringify(run)}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return runs.sort((a, b) => a.seed - b.seed);
  });
}

async function measure({ seeds, seconds }: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const runs = await allRuns(seeds, seconds);
  const isTold = runs.some(({ isTailRight }) => isTailRight !== null);
  sayBroken([...runs.flatMap(brokenIn), ...(isTold ? [] : ['no new reader lived long enough to tell of its place'])]);
  const what = `${runs.length} runs of ${seconds} s, each with one kill -9 of its worker; ${machine()}.`;
  const text = `${what}\n\n${markdown(['', ''], rowsOf(runs))}`;
  publish('stream-kills', text, isForPage);
}

export function addStreamKillsCommand(program: Command): void {
  program
    .command('stream-kills')
    .description('kill -9 of the worker in the middle of a stream; with an option, nothing is written')
    .option('--seeds <n>', 'how many', count, 20)
    .option('--seconds <n>', 'how long each stream is', positive, 100)
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
