/** What is run: programs, lengths, and how much faster than its own clock a long run goes. Pure. */
import type { TaskInput } from '../../src/contracts';
import { DEFAULT_SETTINGS, POLL_INTERVAL_LIMITS_SECONDS } from '../../src/settings';
import { random } from '../scale/plan';

export const TASKS = ['poll', 'stream', 'webhook', 'auto'] as const;
/** Loops as people write them; `adaptive` is the one to compare with. */
export const LOOPS = ['adaptive', 'every5s'] as const;
export const PROGRAMS = [...TASKS, ...LOOPS] as const;

export type TaskProgram = (typeof TASKS)[number];
export type LoopProgram = (typeof LOOPS)[number];
export type Program = (typeof PROGRAMS)[number];

/** The lengths of runs that are measured together. */
export interface Length {
  name: string;
  /** By the clock of the run. */
  seconds: number;
  /** That clock goes so much faster than ours. */
  scale: number;
  /** Runs differ by up to this part of it: enough that ends are spread over a whole wait of every schedule. */
  spread: number;
}

/** The scaled ones still take more than the five minutes after which `auto` leaves the stream, which are not scaled. */
export const LENGTHS: readonly Length[] = [
  { name: '10 s', seconds: 10, scale: 1, spread: 0.5 },
  { name: '2 min', seconds: 120, scale: 1, spread: 0.25 },
  { name: '20 min', seconds: 1_200, scale: 3, spread: 0.05 },
  { name: '2 h', seconds: 7_200, scale: 20, spread: 0.05 },
];

/** Ends at random moments: no schedule is in the way. */
export const WEBHOOK_LENGTH: Length = { name: '10 to 20 s', seconds: 15, scale: 1, spread: 1 / 3 };

export interface Run {
  id: string;
  program: Program;
  length: Length;
  /** From create to end, in our time. */
  seconds: number;
  /** When it is created, from the beginning of the measurement. */
  delaySeconds: number;
}

/** Before every run begins to run. */
const QUEUED_SECONDS = 0.5;

export interface Wanted {
  programs: readonly Program[];
  lengths: readonly Length[];
  /** Of each program and length. */
  runs: number;
  /** Over which the creates are spread: ends that come together would wait for each other. */
  overSeconds: number;
}

/** The same for the same wishes; the runs of all programs have the same lengths. */
export function planRuns({ programs, lengths, runs, overSeconds }: Wanted): Run[] {
  return lengths.flatMap((length) =>
    programs.flatMap((program, p) => {
      const [drawLength, drawDelay] = [random(length.seconds), random(length.seconds + p + 1)];
      return Array.from({ length: runs }, (_, i): Run => {
        const seconds = (length.seconds * (1 + length.spread * (2 * drawLength() - 1))) / length.scale;
        const id = `${program}-${length.seconds}-${i}`;
        return { id, program, length, seconds, delaySeconds: overSeconds * drawDelay() };
      });
    }),
  );
}

/** Waits as a run needs them whose clock goes faster; the least that our options allow is a bound for all. */
export const scaled = (seconds: readonly number[], { scale }: Length): number[] =>
  seconds.map((one) => Math.max(POLL_INTERVAL_LIMITS_SECONDS.min, one / scale));

export const requestOf = ({ id, seconds }: Run) => ({
  model: 'o3',
  input: `Prompt of ${id}.`,
  metadata: {
    emulator_queued_seconds: String(QUEUED_SECONDS),
    emulator_run_seconds: (seconds - QUEUED_SECONDS).toFixed(3),
  },
});

export function taskOf(run: Run & { program: TaskProgram }): TaskInput {
  const { program, length } = run;
  return {
    request: requestOf(run),
    options: {
      watch: program,
      webhookReceiver: program === 'auto',
      pollIntervalsSeconds: scaled(DEFAULT_SETTINGS.pollIntervalsSeconds, length),
      safetyNetSeconds: scaled(DEFAULT_SETTINGS.safetyNetSeconds, length),
      inlineWaitSeconds: DEFAULT_SETTINGS.inlineWaitSeconds / length.scale,
    },
  };
}

export const isTask = (run: Run): run is Run & { program: TaskProgram } =>
  (TASKS as readonly string[]).includes(run.program);

/** What is late by a part of a wait is so by the clock of the run. A message comes when it comes. */
export const delayScale = ({ program, length }: Pick<Run, 'program' | 'length'>): number =>
  ['stream', 'webhook', 'auto'].includes(program) ? 1 : length.scale;
