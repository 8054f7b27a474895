/** `npm run bench -- poll` and `npm run bench -- children`. */
import type { Command } from 'commander';
import { CHILDREN, measureChildren, type Children, type ChildrenFigures } from './children';
import { count, positive } from './numbers';
import { isChanged, machine, markdown, publish } from './page';
import { bars, plotted } from './plot';
import { benchPoll, PROGRAMS, type Figures, type Program } from './poll';

const ROWS: [keyof Figures, string, number][] = [
  ['allDoneSeconds', 'all done (s)', 1],
  ['tasksPerSecond', 'tasks per second', 1],
  ['lagP50Seconds', 'upstream end to known, p50 (s)', 2],
  ['lagP99Seconds', 'upstream end to known, p99 (s)', 2],
  ['creates', 'responses created', 0],
  ['gets', 'GETs upstream', 0],
  ['events', 'history events of a run', 0],
  ['historyBytes', 'history of a run (bytes of JSON)', 0],
  ['actions', 'Temporal actions of a run', 0],
  ['workerCpuMs', 'CPU of the worker (ms a run)', 0],
  ['serverCpuMs', 'CPU of the server (ms a run)', 0],
  ['workerMegabytes', 'worker, peak memory (MB)', 0],
];

const shown = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const ratio = (own: number, other: number): string => shown(own / other, 2);

function table(figures: Record<Program, Figures>): string {
  const { floor, naive, ours } = figures;
  const rows = ROWS.map(([key, name, digits]) => {
    const cells = PROGRAMS.map((program) => shown(figures[program][key], digits));
    return [name, ...cells, ratio(ours[key], floor[key]), ratio(ours[key], naive[key])];
  });
  return markdown(['', ...PROGRAMS, 'ours / floor', 'ours / naive'], rows);
}

/** At most so much of the floor's time, and at least so many of the naive version's tasks per second. */
const TARGETS = { time: 1.15, rate: 1.35 };

function verdict({ floor, naive, ours }: Record<Program, Figures>): string {
  const time = ours.allDoneSeconds / floor.allDoneSeconds;
  const rate = ours.tasksPerSecond / naive.tasksPerSecond;
  const word = (isMet: boolean) => (isMet ? 'met' : 'missed');
  return (
    `Targets: at most ${TARGETS.time} of the floor's time (${time.toFixed(2)}: ${word(time <= TARGETS.time)}), ` +
    `at least ${TARGETS.rate} of the naive tasks per second (${rate.toFixed(2)}: ${word(rate >= TARGETS.rate)}).`
  );
}

interface PollOptions {
  runs: number;
  seconds: number;
  rounds: number;
}

async function poll({ runs, seconds, rounds }: PollOptions, command: Command): Promise<void> {
  const isForPage = !isChanged(command);
  const figures = await benchPoll(runs, seconds, rounds);
  const title = `${runs} runs of ${seconds} s at once`;
  const groups = PROGRAMS.map((name) => ({ name, values: [Number(figures[name].tasksPerSecond.toFixed(1))] }));
  const svg = bars({ title, value: { label: 'tasks per second' }, series: ['tasks per second'], groups });
  const picture = plotted('poll', `${title}: tasks per second of each program`, svg, isForPage);
  const what = `${title}, intervals 1, 2 s; median of ${rounds} rounds; ${machine()}.`;
  publish('poll', [what, table(figures), verdict(figures), picture].join('\n\n'), isForPage);
}

const NAMES: Record<Children, string> = {
  emptyTask: 'empty children',
  floorTask: 'one activity each',
  ours: 'ours, as a batch',
};

const CHILDREN_ROWS: [keyof ChildrenFigures, string, number][] = [
  ['allDoneSeconds', 'all done (s)', 1],
  ['tasksPerSecond', 'tasks per second', 1],
  ['fullTasksPerSecond', 'tasks per second, once the window is full', 1],
  ['events', 'history events of a task, parents included', 1],
  ['workerCpuMs', 'CPU of the worker (ms a task)', 0],
  ['serverCpuMs', 'CPU of the server (ms a task)', 0],
  ['workerMegabytes', 'worker, peak memory (MB)', 0],
];

function childrenTable({ emptyTask, floorTask, ours }: Record<Children, ChildrenFigures>): string {
  const rows = CHILDREN_ROWS.map(([key, name, digits]) => {
    const cells = [emptyTask, floorTask, ours].map((figures) => shown(figures[key], digits));
    return [name, ...cells, ratio(ours[key], emptyTask[key]), ratio(ours[key], floorTask[key])];
  });
  return markdown(['', ...CHILDREN.map((name) => NAMES[name]), 'ours / empty', 'ours / one activity'], rows);
}

async function children(plan: { tasks: number; window: number }, command: Command): Promise<void> {
  const measured: Partial<Record<Children, ChildrenFigures>> = {};
  for (const program of CHILDREN) {
    measured[program] = await measureChildren(program, plan);
    process.stderr.write(`${program}: ${JSON.stringify(measured[program])}\n`);
  }
  const text = childrenTable(measured as Record<Children, ChildrenFigures>);
  const what = `${plan.tasks} tasks of 1 s, ${plan.window} at once; ${machine()}.`;
  publish('children', `${what}\n\n${text}`, !isChanged(command));
}

export function addPollCommands(program: Command): void {
  program
    .command('poll')
    .description('many runs at once: ours, a naive program, and the least that the engine needs')
    .option('--runs <n>', '', count, 500)
    .option('--seconds <n>', '', positive, 10)
    .option('--rounds <n>', '', count, 3)
    .action((flags: PollOptions, command: Command) => poll(flags, command));
  program
    .command('children')
    .description('a batch, beside the least that the engine needs for as many children')
    .option('--tasks <n>', '', count, 1000)
    .option('--window <n>', 'at once', count, 100)
    .action((flags: { tasks: number; window: number }, command: Command) => children(flags, command));
}
