/** `npm run bench -- by-length`: what a run costs by its length, computed, and measured where it is short. */
import type { Command } from 'commander';
import { duration } from '../../src/html';
import { count } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { median } from '../percentile';
import { lines, plotted, type Axis } from '../plot';
import { withPlace } from '../scale/place';
import { endOnSignals } from '../scale/processes';
import { planRuns, TASKS, type Length, type TaskProgram } from '../watch/plan';
import { withReceiver } from '../watch/receiver';
import { measureRuns, type Measured } from '../watch/run';
import { costOfRun, WAYS, type Cost, type Way } from './model';

const LENGTHS_SECONDS = [10, 60, 600, 3_600, 7_200, 86_400];
/** Those that are measured too. */
const SHORT_SECONDS = 60;
/** How many actions or calls a measured run may be off: it begins to run a moment after its create. */
const TOLERANCE = 1;

const NAMES: Record<Way, string> = {
  poll: '`poll`',
  stream: '`stream`',
  webhook: '`webhook`',
  auto: '`auto`, with a receiver',
  naive: 'naive, every 2 s',
};

/** `24 h`, not `24 h 0 min`. */
const lengthName = (seconds: number): string => duration(seconds).replace(/ 0 (min|s)$/, '');

function plot(title: string, what: keyof Cost): string {
  const y: Axis = { label: title, log: true };
  const x: Axis = { label: 'length of the run', log: true, ticks: LENGTHS_SECONDS, shown: lengthName };
  const all = WAYS.map((way) => ({
    name: NAMES[way].replaceAll('`', ''),
    points: LENGTHS_SECONDS.map((seconds) => [seconds, costOfRun(way, seconds)[what]] as const),
  }));
  return lines({ title: `${title} of a run, by its length`, x, y, lines: all });
}

/** Short runs in each way, without spread: each has to cost what is computed. */
async function measureShort(runs: number): Promise<Measured[]> {
  const lengths = LENGTHS_SECONDS.filter((seconds) => seconds <= SHORT_SECONDS).map((seconds): Length => {
    return { name: lengthName(seconds), seconds, scale: 1, spread: 0 };
  });
  return withPlace(1, async (place) => {
    await place.worker.start();
    const plan = planRuns({ programs: TASKS, lengths, runs, overSeconds: 10 });
    return withReceiver(place, ['webhook', 'auto'], () => measureRuns(place, plan));
  });
}

function measuredCost(measured: readonly Measured[], way: Way, seconds: number): Cost | null {
  const own = measured.filter(({ run }) => run.program === (way as TaskProgram) && run.length.seconds === seconds);
  if (own.length === 0) return null;
  return { actions: median(own.map(({ task }) => task?.actions ?? NaN)), calls: median(own.map(({ calls }) => calls)) };
}

const isNear = (computed: Cost, measured: Cost): boolean =>
  Math.abs(computed.actions - measured.actions) <= TOLERANCE && Math.abs(computed.calls - measured.calls) <= TOLERANCE;

function table(measured: readonly Measured[]): string {
  const rows = WAYS.map((way) => {
    const cells = LENGTHS_SECONDS.map((seconds) => {
      const computed = costOfRun(way, seconds);
      const short = measuredCost(measured, way, seconds);
      if (short && !isNear(computed, short)) {
        console.error(`BROKEN: ${way}, ${seconds} s: ${JSON.stringify({ computed, measured: short })}`);
        process.exitCode = 1;
      }
      const { actions, calls } = computed;
      return `${actions}; ${calls}${short ? ` (measured ${short.actions}; ${short.calls})` : ''}`;
    });
    return [NAMES[way], ...cells];
  });
  return markdown(['actions; calls upstream', ...LENGTHS_SECONDS.map(lengthName)], rows);
}

async function measure({ runs }: { runs: number }, isForPage: boolean): Promise<void> {
  endOnSignals();
  const measured = runs > 0 ? await measureShort(runs) : [];
  const parts = [
    `Computed; in brackets measured, median of ${runs} runs; ${machine()}.`,
    table(measured),
    plotted(
      'actions',
      'Temporal actions by length, for each way of watching',
      plot('Temporal actions', 'actions'),
      isForPage,
    ),
    plotted('calls', 'Calls upstream by length, for each way of watching', plot('Calls upstream', 'calls'), isForPage),
  ];
  publish('by-length', parts.join('\n\n'), isForPage);
}

export function addByLengthCommand(program: Command): void {
  program
    .command('by-length')
    .description('Temporal actions and calls upstream of a run of 10 s to 24 h, in each way of watching')
    .option('--runs <n>', 'measured of each short length; 0 for none', count, 5)
    .action((flags: { runs: number }, command: Command) => measure(flags, !isChanged(command)));
}
