/** `npm run bench -- batch` and `npm run bench -- window`. */
import type { Command } from 'commander';
import { cpus } from 'node:os';
import type { ScalePlan } from './plan';
import { runScale, type ScaleFigures } from './run';

type Write = (name: string, text: string) => void;

interface Flags {
  tasks: string;
  concurrency: string;
  minSeconds: string;
  maxSeconds: string;
  kills: string;
  serverKills: string;
  killEvery: string;
  pollIntervals: string;
  badLines: string;
  seed: string;
}

const planOf = (flags: Flags): ScalePlan => ({
  tasks: Number(flags.tasks),
  badLines: Number(flags.badLines),
  concurrency: Number(flags.concurrency),
  minSeconds: Number(flags.minSeconds),
  maxSeconds: Number(flags.maxSeconds),
  failing: 0.02,
  rejected: 0.01,
  stuck: 0.005,
  stuckSeconds: 60,
  workerKills: Number(flags.kills),
  serverKills: Number(flags.serverKills),
  killEverySeconds: Number(flags.killEvery),
  pollIntervalsSeconds: flags.pollIntervals.split(',').map(Number),
  seed: Number(flags.seed),
});

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function rowsOf(figures: ScaleFigures, plan: ScalePlan): [string, string][] {
  const { money, window } = figures;
  return [
    ['lines', String(figures.lines)],
    ['records missing, out of order, or of another prompt', String(figures.problems.length)],
    [
      'ended as',
      Object.entries(figures.counts)
        .map(([status, count]) => `${count} ${status}`)
        .join(', '),
    ],
    ['responses created', String(money.creates)],
    ['of them: retries reported (`retryOn`)', String(money.reportedRetries)],
    ['of them: possible orphans reported', String(money.reportedOrphans)],
    ['paid and not reported', String(money.silent)],
    ['left running upstream', String(figures.leftRunning)],
    ['kills of the worker / of the server', `${plan.workerKills} / ${plan.serverKills}`],
    ['wall time (s)', figures.wallSeconds.toFixed(1)],
    ['tasks per second', figures.tasksPerSecond.toFixed(1)],
    ['most in flight, of a window of', `${window.most} of ${plan.concurrency}`],
    ['time with at least 90 % of the window in flight', percent(window.fullShare)],
    ['mean of the window in flight', percent(window.meanShare)],
    ['worker, peak memory (MB)', String(figures.workerPeakMegabytes)],
    ['largest history of a run (events)', String(figures.largestEvents)],
    ['largest history of a run (bytes)', String(figures.largestBytes)],
  ];
}

async function measure(name: string, plan: ScalePlan, write: Write): Promise<void> {
  const figures = await runScale(plan, (text) => console.error(text));
  for (const problem of figures.problems.slice(0, 20)) console.error(problem);
  const rows = rowsOf(figures, plan).map((row) => `| ${row.join(' | ')} |`);
  const what = `${plan.tasks} tasks of ${plan.minSeconds} to ${plan.maxSeconds} s and ${plan.badLines} bad lines`;
  const machine = `${cpus().length} cores, Node ${process.versions.node}`;
  const looks = `looks after ${plan.pollIntervalsSeconds.join(', ')} s`;
  const text = `${what}, ${plan.concurrency} at once, ${looks}; ${machine}.\n\n${['|  |  |', '| --- | --- |', ...rows].join('\n')}`;
  console.log(text);
  write(name, text);
  if (figures.problems.length > 0 || figures.money.silent > 0 || figures.leftRunning > 0) process.exitCode = 1;
}

/** Adds the commands; `write` takes a table into the page of benchmarks. */
export function addScaleCommands(program: Command, write: Write): void {
  program
    .command('batch')
    .description('a large batch with tasks of every fate, while the worker and the server are killed')
    .option('--tasks <n>', '', '10000')
    .option('--bad-lines <n>', '', '20')
    .option('--concurrency <n>', '', '400')
    .option('--min-seconds <n>', '', '2')
    .option('--max-seconds <n>', '', '20')
    .option('--kills <n>', 'of the worker', '3')
    .option('--server-kills <n>', '', '1')
    .option('--kill-every <seconds>', 'about', '90')
    .option('--poll-intervals <list>', 'seconds', '1,2')
    .option('--seed <n>', '', '1')
    .action((flags: Flags) => measure('batch', planOf(flags), write));
  program
    .command('window')
    .description('tasks of equal length: how full the window stays')
    .option('--tasks <n>', '', '2000')
    .option('--concurrency <n>', '', '100')
    .option('--seconds <n>', '', '20')
    .action(({ tasks, concurrency, seconds }: { tasks: string; concurrency: string; seconds: string }) => {
      const none = { badLines: '0', kills: '0', serverKills: '0', killEvery: '1', pollIntervals: '1', seed: '1' };
      const equal = { minSeconds: seconds, maxSeconds: seconds };
      const plan = planOf({ tasks, concurrency, ...equal, ...none });
      return measure('window', { ...plan, failing: 0, rejected: 0, stuck: 0 }, write);
    });
}
