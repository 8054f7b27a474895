/** `npm run bench -- batch` and `npm run bench -- window`. */
import { Option, type Command } from 'commander';
import { sayBroken } from '../broken';
import { count, positive } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import type { ScalePlan } from './plan';
import { endOnSignals } from './processes';
import { runScale, type ScaleFigures } from './run';
import { brokenPromises } from './verdict';

interface Flags {
  tasks: number;
  concurrency: number;
  minSeconds: number;
  maxSeconds: number;
  kills: number;
  serverKills: number;
  killEvery: number;
  pollIntervals: string;
  badLines: number;
  stuckSeconds: number;
  itemsPerPage?: number;
  timeScale: number;
  seed: number;
}

interface WindowFlags {
  tasks: number;
  concurrency: number;
  seconds: number;
  watch: ScalePlan['watch'];
}

const planOf = ({ kills, serverKills, killEvery, pollIntervals, ...same }: Flags): ScalePlan => ({
  ...same,
  failing: 0.02,
  rejected: 0.01,
  stuck: 0.005,
  workerKills: kills,
  serverKills,
  killEverySeconds: killEvery,
  pollIntervalsSeconds: pollIntervals.split(',').map(Number),
});

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const windowText = ({ most, least, meanShare, fullShare }: ScaleFigures['held']): string =>
  least === null
    ? `never 90 % full (most ${most})`
    : `${percent(fullShare)}, mean ${percent(meanShare)}, ${least} to ${most}`;

function costRows({ usage, histories, looks }: ScaleFigures, { tasks }: ScalePlan): [string, string][] {
  const { responseBatch: batch, responseBatchPage: page, responseTask: task } = histories;
  const events = batch.events + page.events + task.events;
  const cpu = Object.entries(usage).map(
    ([name, { cpuSeconds }]) => `${name} ${((1000 * cpuSeconds) / tasks).toFixed(0)}`,
  );
  return [
    ['CPU (ms a task)', cpu.join(', ')],
    ['worker, peak memory (MB)', String(usage.worker.peakMegabytes)],
    ['GETs upstream (a task)', (looks / tasks).toFixed(1)],
    [
      'history events (a task; of them pages and batch)',
      `${(events / tasks).toFixed(1)}; ${((batch.events + page.events) / tasks).toFixed(1)}`,
    ],
    ['largest history: batch', `${batch.largestEvents} events, ${batch.largestBytes} bytes`],
    ['largest history: page', `${page.largestEvents} events, ${page.largestBytes} bytes`],
    ['largest history: task', `${task.largestEvents} events, ${task.largestBytes} bytes`],
  ];
}

function rowsOf(figures: ScaleFigures, plan: ScalePlan): [string, string][] {
  const { money, kills } = figures;
  const counts = Object.entries(figures.counts).map(([status, count]) => `${count} ${status}`);
  return [
    ['lines', String(figures.lines)],
    ['records missing, out of order, or of another prompt', String(figures.problems.length)],
    ['ended as', counts.join(', ')],
    ['responses created', String(money.creates)],
    ['of them: retries reported (`retryOn`)', String(money.reportedRetries)],
    ['of them: orphans, all reported as possible', `${money.realOrphans} of ${money.reportedOrphans} reported`],
    ['paid and not reported', String(money.silent.length)],
    ['left running upstream', String(figures.leftRunning.length)],
    ['kills of the worker / of the server', `${kills.worker} / ${kills.server}`],
    ['wall time (s)', figures.wallSeconds.toFixed(1)],
    ['tasks per second', figures.tasksPerSecond.toFixed(1)],
    ['slots with a response: time above 90 %, mean, range', windowText(figures.held)],
    ['running upstream, outside of outages: the same', windowText(figures.upstream)],
    ...costRows(figures, plan),
  ];
}

async function measure(name: string, plan: ScalePlan, isForPage: boolean): Promise<void> {
  endOnSignals();
  const figures = await runScale(plan, (text) => console.error(text));
  sayBroken(brokenPromises(figures, plan));
  const { minSeconds, maxSeconds } = plan;
  const length = minSeconds === maxSeconds ? `${minSeconds}` : `${minSeconds} to ${maxSeconds}`;
  const what = `${plan.tasks} tasks of ${length} s and ${plan.badLines} bad lines`;
  const looks =
    plan.watch === undefined || plan.watch === 'poll'
      ? `looks after ${plan.pollIntervalsSeconds.join(', ')} s`
      : `watched by the ${plan.watch}`;
  const text = `${what}, ${plan.concurrency} at once, ${looks}; ${machine()}.\n\n${markdown(['', ''], rowsOf(figures, plan))}`;
  publish(name, text, isForPage);
}

export function addScaleCommands(program: Command): void {
  program
    .command('batch')
    .description('a large batch with tasks of every fate, while the worker and the server are killed')
    .option('--tasks <n>', '', count, 10_000)
    .option('--bad-lines <n>', '', count, 20)
    .option('--concurrency <n>', '', count, 150)
    .option('--min-seconds <n>', '', positive, 2)
    .option('--max-seconds <n>', '', positive, 20)
    .option('--kills <n>', 'of the worker', count, 3)
    .option('--server-kills <n>', '', count, 1)
    .option('--kill-every <seconds>', 'about', positive, 90)
    .option('--poll-intervals <list>', 'seconds', '1,2')
    .option('--items-per-page <n>', '(default: as the product has it)', count)
    .option('--time-scale <n>', 'divides the durations upstream', positive, 1)
    .option('--stuck-seconds <n>', 'deadline of what never ends upstream', positive, 30)
    .option('--seed <n>', '', count, 1)
    .action((flags: Flags, command: Command) => measure('batch', planOf(flags), !isChanged(command)));
  addWindowCommand(program);
}

function addWindowCommand(program: Command): void {
  program
    .command('window')
    .description('tasks of equal length: how full the window stays')
    .option('--tasks <n>', '', count, 2000)
    .option('--concurrency <n>', '', count, 200)
    .option('--seconds <n>', '', positive, 60)
    .addOption(new Option('--watch <way>', '').choices(['poll', 'stream', 'webhook']).default('webhook'))
    .action(({ tasks, concurrency, seconds, watch }: WindowFlags, command: Command) => {
      const none = {
        badLines: 0,
        kills: 0,
        serverKills: 0,
        killEvery: 1,
        pollIntervals: '1',
        timeScale: 1,
        stuckSeconds: 30,
        seed: 1,
      };
      const equal = { minSeconds: seconds, maxSeconds: seconds };
      const plan = planOf({ tasks, concurrency, ...equal, ...none });
      return measure('window', { ...plan, failing: 0, rejected: 0, stuck: 0, watch }, !isChanged(command));
    });
}
