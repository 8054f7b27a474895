/** `npm run bench -- sleep` and `npm run bench -- workers`. */
import type { Command } from 'commander';
import { measureChildren } from '../children';
import { count } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { percentile } from '../percentile';
import { lines, plotted } from '../plot';
import { measureSleep, SLEEPERS, type SleepFigures, type SleepPlan } from './run';

/** The product's own cache, and one that holds all. */
const CACHE = 1_000;
const PLANS: readonly SleepPlan[] = [
  { tasks: 100, cachedWorkflows: CACHE },
  { tasks: 1_000, cachedWorkflows: CACHE },
  { tasks: 10_000, cachedWorkflows: CACHE },
  { tasks: 10_000, cachedWorkflows: 20_000 },
];

type Measured = SleepPlan & SleepFigures;

type Row = [name: string, cellOf: (measured: Measured) => string];

const ROWS: Row[] = [
  ['workflows in memory, at most', ({ cachedWorkflows }) => cachedWorkflows.toLocaleString('en-US')],
  ['worker, all asleep (MB)', ({ workerMegabytes }) => workerMegabytes.toFixed(0)],
  ['worker, before (MB)', ({ idleMegabytes }) => idleMegabytes.toFixed(0)],
  [
    'worker, each task (kB)',
    ({ workerMegabytes, idleMegabytes, tasks }) =>
      tasks >= 1_000 ? ((1024 * (workerMegabytes - idleMegabytes)) / tasks).toFixed(0) : '-',
  ],
  ...SLEEPERS.flatMap((kind): Row[] => [
    // What a kind has added says nothing where others fell out for it, or garbage is more than it.
    [
      `worker, each \`${kind}\` (kB)`,
      ({ workerKilobytes, tasks, cachedWorkflows }) =>
        tasks >= 1_000 && tasks <= cachedWorkflows ? workerKilobytes[kind].toFixed(0) : '-',
    ],
    [`database of the server, each \`${kind}\` (bytes)`, ({ databaseBytes }) => databaseBytes[kind].toFixed(0)],
  ]),
  ...SLEEPERS.flatMap((kind) =>
    ([0.5, 0.99, 1] as const).map((part): Row => {
      const name = part === 1 ? 'max' : `p${part * 100}`;
      return [
        `\`${kind}\`: awake after, ${name} (s)`,
        ({ delaySeconds }) => (delaySeconds[kind].length > 0 ? percentile(delaySeconds[kind], part).toFixed(3) : '-'),
      ];
    }),
  ),
  ['tasks put to sleep in a second', ({ startsPerSecond }) => startsPerSecond.toFixed(0)],
];

const grouped = (value: number): string => value.toLocaleString('en-US');

function memoryPlot(measured: readonly Measured[]): string {
  const points = (isFor: (one: Measured) => boolean) =>
    measured.filter(isFor).map(({ tasks, workerMegabytes }) => [tasks, workerMegabytes] as const);
  return lines({
    title: 'Memory of a worker with sleeping tasks',
    x: { label: 'tasks asleep', log: true, ticks: [...new Set(measured.map(({ tasks }) => tasks))], shown: grouped },
    y: { label: 'resident memory (MB)' },
    lines: [
      { name: `${grouped(CACHE)} workflows in memory`, points: points(({ cachedWorkflows: c }) => c === CACHE) },
      { name: 'all in memory', points: points(({ tasks, cachedWorkflows }) => tasks <= cachedWorkflows) },
    ],
  });
}

interface Flags {
  tasks?: number;
  cache?: number;
}

async function measure({ tasks, cache }: Flags, isForPage: boolean): Promise<void> {
  const plans = PLANS.filter((plan) => tasks === undefined || plan.tasks === tasks).filter(
    (plan) => cache === undefined || plan.cachedWorkflows === cache,
  );
  const own = { tasks: Number(tasks ?? CACHE), cachedWorkflows: Number(cache ?? CACHE) };
  const measured: Measured[] = [];
  for (const plan of plans.length > 0 ? plans : [own]) {
    const figures = { ...plan, ...(await measureSleep(plan)) };
    process.stderr.write(`${JSON.stringify({ ...figures, delaySeconds: undefined })}\n`);
    measured.push(figures);
  }
  const table = markdown(
    ['tasks asleep, half of each kind', ...measured.map((one) => grouped(one.tasks))],
    ROWS.map(([name, cellOf]) => [name, ...measured.map(cellOf)]),
  );
  const alt = 'Memory of a worker by the number of its sleeping tasks';
  const picture = measured.length > 1 ? plotted('sleep', alt, memoryPlot(measured), isForPage) : '';
  publish('sleep', `${machine()}.\n\n${table}\n\n${picture}`.trimEnd(), isForPage);
}

async function workers({ tasks, window }: { tasks: number; window: number }, isForPage: boolean): Promise<void> {
  const rows: string[][] = [];
  let first = NaN;
  for (const number of [1, 2, 4]) {
    const plan = { tasks, window, workers: number };
    const figures = await measureChildren('ours', plan);
    process.stderr.write(`${number}: ${JSON.stringify(figures)}\n`);
    const rate = figures.fullTasksPerSecond;
    if (number === 1) first = rate;
    const { workerCpuMs, serverCpuMs } = figures;
    const cells = [rate.toFixed(1), (rate / first).toFixed(2), workerCpuMs.toFixed(0), serverCpuMs.toFixed(0)];
    rows.push([String(number), ...cells]);
  }
  const head = [
    'workers',
    'tasks per second',
    'to one',
    'CPU of all workers (ms a task)',
    'CPU of the server (ms a task)',
  ];
  const what = `A batch of ${tasks} tasks of 1 s, ${window} at once, from when the window is full; ${machine()}.`;
  publish('workers', `${what}\n\n${markdown(head, rows)}`, isForPage);
}

export function addSleepCommands(program: Command): void {
  program
    .command('sleep')
    .description('tasks that sleep in timers or wait for webhooks: memory, database, and how soon they are awake')
    .option('--tasks <n>', 'only so many (default: 100, 1,000 and 10,000)', count)
    .option('--cache <n>', 'only with so many workflows in memory (default: 1,000, and all)', count)
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
  program
    .command('workers')
    .description('a batch on 1, 2 and 4 worker processes')
    .option('--tasks <n>', '', count, 600)
    .option('--window <n>', 'at once', count, 100)
    .action((flags: { tasks: number; window: number }, command: Command) => workers(flags, !isChanged(command)));
}
