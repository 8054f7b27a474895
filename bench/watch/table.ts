/** The tables of `npm run bench -- watch`. Pure. */
import { markdown } from '../page';
import { largest, median, percentile } from '../percentile';
import { delayScale, PROGRAMS, type Length, type Program } from './plan';
import type { Measured, MeasuredTask } from './run';

const NAMES: Record<Program, string> = {
  poll: '`poll`',
  stream: '`stream`',
  webhook: '`webhook`',
  auto: '`auto`, with a receiver',
  adaptive: "the guide's loop",
  every5s: 'a loop of 5 s',
};

/** Seconds by the clock that counts for the program. */
export const delayOf = ({ run, endMs, seenMs }: Measured): number => (delayScale(run) * (seenMs - endMs)) / 1000;

interface Cell {
  program: Program;
  delay: number;
  most: number;
  returned: number;
  calls: number;
  events: number;
  actions: number;
}

function cellOf(program: Program, measured: Measured[]): Cell {
  const delays = measured.map(delayOf);
  const tasks = measured.flatMap(({ task, seenMs }) => (task ? [{ ...task, seenMs }] : []));
  return {
    program,
    delay: median(delays),
    most: largest(delays),
    returned: median(tasks.map(({ returnedMs, seenMs }) => (returnedMs - seenMs) / 1000)),
    calls: median(measured.map(({ calls }) => calls)),
    events: median(tasks.map(({ events }) => events)),
    actions: median(tasks.map(({ actions }) => actions)),
  };
}

const shown = (value: number, digits = 0): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

function rowOf(length: Length, cell: Cell, guide: Cell | undefined): string[] {
  const ratio = (own: number, other = NaN) => shown(own / other, 3);
  return [
    length.name,
    NAMES[cell.program],
    shown(cell.delay, 2),
    shown(cell.most, 2),
    ratio(cell.delay, guide?.delay),
    shown(cell.returned, 2),
    shown(cell.calls),
    ratio(cell.calls, guide?.calls),
    shown(cell.events),
    shown(cell.actions),
  ];
}

const HEAD = [
  'length',
  'watched by',
  'end to seen, p50 (s)',
  'max (s)',
  "p50, to the guide's loop",
  'seen to result (s)',
  'calls upstream',
  "calls, to the guide's loop",
  'history events',
  'Temporal actions',
];

export function watchTable(measured: Measured[], lengths: readonly Length[]): string {
  const rows = lengths.flatMap((length) => {
    const cells = PROGRAMS.flatMap((program) => {
      const own = measured.filter(({ run }) => run.length.name === length.name && run.program === program);
      return own.length > 0 ? [cellOf(program, own)] : [];
    });
    const guide = cells.find(({ program }) => program === 'adaptive');
    return cells.map((cell) => rowOf(length, cell, guide));
  });
  return markdown(HEAD, rows);
}

type Stage = [name: string, secondsOf: (measured: Measured, task: MeasuredTask) => number];

/** Each from the end upstream on, in the order of the way. */
const STAGES: Stage[] = [
  ['sent by the emulator', ({ endMs }, { sentMs }) => ((sentMs ?? NaN) - endMs) / 1000],
  ['signalled by the receiver', ({ endMs }, { signalledMs }) => ((signalledMs ?? NaN) - endMs) / 1000],
  ['asked for by the look', ({ endMs }, { lookedMs }) => ((lookedMs ?? NaN) - endMs) / 1000],
  ['**seen**', ({ endMs, seenMs }) => (seenMs - endMs) / 1000],
  ['had by the client', ({ endMs }, { returnedMs }) => (returnedMs - endMs) / 1000],
];

/** How long the way of a webhook is, and where the time goes. */
export function webhookTable(measured: Measured[]): string {
  const rows = STAGES.map(([name, secondsOf]) => {
    const seconds = measured.flatMap((one) => (one.task ? [secondsOf(one, one.task)] : []));
    return [name, ...[0.5, 0.9, 0.99, 1].map((part) => shown(percentile(seconds, part), 3))];
  });
  return markdown(['seconds after the end upstream', 'p50', 'p90', 'p99', 'max'], rows);
}
