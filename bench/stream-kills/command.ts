/** `npm run bench -- stream-kills`: the worker is killed in the middle of a stream, at moments that seeds choose. */
import type { Command } from 'commander';
import { cpus } from 'node:os';
import { withPlace } from '../scale/place';
import { endOnSignals } from '../scale/processes';
import { killedRun } from './run';
import { brokenIn, rowsOf, type KilledRun } from './verdict';

const SEEDS = 20;
/** Each has a worker of its own; most of the time all of them wait. */
const LANES = 4;

interface Flags {
  seeds?: string;
  seconds: string;
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

async function measure({ seeds, seconds }: Flags, write: (name: string, text: string) => void): Promise<void> {
  endOnSignals();
  const runs = await allRuns(Number(seeds ?? SEEDS), Number(seconds));
  const broken = runs.flatMap(brokenIn);
  for (const promise of broken) console.error(`BROKEN: ${promise}`);
  if (broken.length > 0 || runs.length === 0) process.exitCode = 1;
  const machine = `${cpus().length} cores, Node ${process.versions.node}`;
  const what = `${runs.length} runs of ${seconds} s, each with one kill -9 of its worker; ${machine}.`;
  const rows = rowsOf(runs).map((row) => `| ${row.join(' | ')} |`);
  const text = `${what}\n\n${['|  |  |', '| --- | --- |', ...rows].join('\n')}`;
  console.log(text);
  if (seeds === undefined) write('stream-kills', text);
}

export function addStreamKillsCommand(program: Command, write: (name: string, text: string) => void): void {
  program
    .command('stream-kills')
    .description('kill -9 of the worker in the middle of a stream')
    .option('--seeds <n>', `how many (default: ${SEEDS}; only then the page is written)`)
    .option('--seconds <n>', 'how long each stream is', '40')
    .action((flags: Flags) => measure(flags, write));
}
