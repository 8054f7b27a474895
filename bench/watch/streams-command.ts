/** `npm run bench -- streams`. */
import { Option, type Command } from 'commander';
import { sayBroken } from '../broken';
import { count, positive } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { endOnSignals } from '../scale/processes';
import { measureStreams, STREAM_MODES, type StreamMode, type StreamsFigures } from './streams';

interface Flags {
  count: number;
  minSeconds: number;
  maxSeconds: number;
  only?: StreamMode;
}

const ROWS: [keyof StreamsFigures, string, number][] = [
  ['wallSeconds', 'all done (s)', 1],
  ['lagP50Seconds', 'upstream end to seen, p50 (s)', 3],
  ['lagP99Seconds', 'upstream end to seen, p99 (s)', 3],
  ['lagMaxSeconds', 'upstream end to seen, max (s)', 3],
  ['creates', 'responses created', 0],
  ['wrongTexts', 'texts that differ from upstream (SHA-256)', 0],
  ['fallbacks', 'tasks that fell back to looks', 0],
  ['connections', 'connections for events, those of creates included', 0],
  ['openAtOnce', 'most followed at once', 0],
  ['eventsSent', 'events sent', 0],
  ['gets', 'GETs upstream', 0],
  ['workerMegabytes', 'worker, peak memory (MB)', 0],
  ['workerCpuSeconds', 'worker, CPU (s)', 1],
  ['serverCpuSeconds', 'server, CPU (s)', 1],
  ['emulatorCpuSeconds', 'emulator, CPU (s)', 1],
];

type Measured = Partial<Record<StreamMode, StreamsFigures>>;

function table(measured: Measured): string {
  const { stream, poll } = measured;
  const modes = STREAM_MODES.filter((mode) => measured[mode]);
  const rows = ROWS.map(([key, name, digits]) => {
    const cells = modes.map((mode) => measured[mode]?.[key].toFixed(digits) ?? '-');
    const ratio = stream && poll && poll[key] !== 0 ? (stream[key] / poll[key]).toFixed(3) : '-';
    return [name, ...cells, ratio];
  });
  return markdown(['', ...modes.map((mode) => `\`${mode}\``), 'stream / poll'], rows);
}

function brokenPromises(count: number, mode: StreamMode, figures: StreamsFigures): string[] {
  const { creates, wrongTexts, fallbacks } = figures;
  return [
    ...(creates === count ? [] : [`${mode}: ${creates} responses for ${count} tasks`]),
    ...(wrongTexts === 0 ? [] : [`${mode}: ${wrongTexts} texts differ`]),
    ...(fallbacks === 0 ? [] : [`${mode}: ${fallbacks} fell back to looks`]),
  ];
}

async function measure(flags: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const plan = {
    count: flags.count,
    minSeconds: flags.minSeconds,
    maxSeconds: flags.maxSeconds,
  };
  const measured: Measured = {};
  for (const mode of flags.only ? [flags.only] : STREAM_MODES) {
    const figures = await measureStreams(plan, mode);
    process.stderr.write(`${mode}: ${JSON.stringify(figures)}\n`);
    measured[mode] = figures;
    sayBroken(brokenPromises(plan.count, mode, figures));
  }
  const what = `${plan.count} runs of ${plan.minSeconds} to ${plan.maxSeconds} s at once, on one worker; ${machine()}.`;
  const text = `${what}\n\n${table(measured)}`;
  publish('streams', text, isForPage);
}

export function addStreamsCommand(program: Command): void {
  program
    .command('streams')
    .description('many streams at once on one worker, and the same runs by looks')
    .option('--count <n>', '', count, 500)
    .option('--min-seconds <n>', '', positive, 60)
    .option('--max-seconds <n>', '', positive, 120)
    .addOption(new Option('--only <mode>', '').choices(STREAM_MODES))
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
