/** `npm run bench -- poll`: measures, prints, and writes the table into docs/benchmarks.md. */
import { Command } from 'commander';
import { machine, markdown, publish } from './page';
import { benchPoll, PROGRAMS, type Figures, type Program } from './poll';
import { addLimitsCommand } from './limits/command';
import { addProtectionCommand } from './protection/command';
import { addRivalsCommand } from './rivals/command';
import { addScaleCommands } from './scale/commands';
import { addScriptsCommand } from './scripts/command';
import { addWatchCommands } from './watch/command';
import { addStreamKillsCommand } from './stream-kills/command';

const ROWS: [keyof Figures, string, number][] = [
  ['allDoneSeconds', 'all done (s)', 1],
  ['lagP50Seconds', 'upstream end to known, p50 (s)', 2],
  ['lagP99Seconds', 'upstream end to known, p99 (s)', 2],
  ['creates', 'responses created', 0],
  ['gets', 'GETs upstream', 0],
  ['events', 'history events of a run', 0],
  ['historyBytes', 'history of a run (bytes of JSON)', 0],
  ['workerMegabytes', 'worker, peak memory (MB)', 0],
];

function table(figures: Record<Program, Figures>): string {
  const rows = ROWS.map(([key, name, digits]) => {
    const cells = PROGRAMS.map((program) => figures[program][key].toFixed(digits));
    const ratio = figures.floor[key] === 0 ? '-' : (figures.ours[key] / figures.floor[key]).toFixed(2);
    return [name, ...cells, ratio];
  });
  return markdown(['', ...PROGRAMS, 'ours / floor'], rows);
}

interface PollOptions {
  runs: string;
  seconds: string;
  rounds: string;
}

async function poll({ runs, seconds, rounds }: PollOptions): Promise<void> {
  const figures = await benchPoll(Number(runs), Number(seconds), Number(rounds));
  const text = `${runs} runs of ${seconds} s at once, intervals 1, 2 s; median of ${rounds} rounds; ${machine()}.\n\n${table(figures)}`;
  publish('poll', text);
}

const program = new Command('bench');
program
  .command('poll')
  .description('many runs at once: ours, a naive program, and the least that the engine needs')
  .option('--runs <n>', '', '500')
  .option('--seconds <n>', '', '10')
  .option('--rounds <n>', '', '3')
  .action(poll);
addScaleCommands(program);
addLimitsCommand(program);
addWatchCommands(program);
addStreamKillsCommand(program);
addProtectionCommand(program);
addRivalsCommand(program);
addScriptsCommand(program);
program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
