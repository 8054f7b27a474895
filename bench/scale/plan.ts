/** The input of a scale run: tasks of every fate, mixed by a seed. */

export interface ScalePlan {
  tasks: number;
  badLines: number;
  concurrency: number;
  minSeconds: number;
  maxSeconds: number;
  /** Parts of the tasks. */
  failing: number;
  rejected: number;
  stuck: number;
  /** Deadline of stuck tasks. */
  stuckSeconds: number;
  workerKills: number;
  serverKills: number;
  /** Between two kills, about. */
  killEverySeconds: number;
  /** A window stays full only when ends are known soon. */
  pollIntervalsSeconds: number[];
  watch?: 'poll' | 'stream' | 'webhook';
  itemsPerPage?: number;
  /** The emulator divides the durations of responses by this; deadlines and looks are in real time. */
  timeScale: number;
  seed: number;
}

export type Fate = 'completes' | 'fails' | 'failsTwice' | 'rejected' | 'stuck' | 'bad';

export interface PlannedLine {
  id: string;
  fate: Fate;
  prompt: string;
  /** As it stands in the file. */
  text: string;
}

/** The same numbers for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const BAD_LINES = ['{"input": ', '{"id": "no-prompt"}', '42', '{"input": "x", "colour": "blue"}', '[]'];

function fateOf(draw: number, { failing, rejected, stuck }: ScalePlan): Fate {
  if (draw < failing / 2) return 'fails';
  if (draw < failing) return 'failsTwice';
  if (draw < failing + rejected) return 'rejected';
  return draw < failing + rejected + stuck ? 'stuck' : 'completes';
}

const SCENARIOS: Partial<Record<Fate, string>> = {
  fails: 'failed',
  failsTwice: 'failed',
  rejected: 'there_is_no_such',
  stuck: 'stuck_in_progress',
};

function line(i: number, fate: Fate, seconds: number, { stuckSeconds }: ScalePlan): PlannedLine {
  const id = `task-${String(i + 1).padStart(6, '0')}`;
  const prompt = `Prompt number ${i + 1} of many.`;
  const scenario = SCENARIOS[fate];
  const metadata = {
    emulator_queued_seconds: '0.5',
    emulator_run_seconds: (seconds - 0.5).toFixed(2),
    ...(scenario ? { emulator_scenario: scenario } : {}),
  };
  const options = {
    ...(fate === 'failsTwice' ? { retryOn: { times: 1 } } : {}),
    ...(fate === 'stuck' ? { maxWaitSeconds: stuckSeconds } : {}),
  };
  return { id, fate, prompt, text: JSON.stringify({ id, model: 'o3', input: prompt, metadata, ...options }) };
}

/** A line whose id is taken by the one before it. */
const duplicateOf = (before: PlannedLine | undefined): string =>
  before?.id ? JSON.stringify({ id: before.id, model: 'o3', input: 'The id of this line is taken.' }) : '"';

/** Every line of the input, bad ones spread among the others. */
export function planLines(plan: ScalePlan): PlannedLine[] {
  const draw = random(plan.seed);
  const lines = Array.from({ length: plan.tasks }, (_, i) => {
    const seconds = plan.minSeconds + (plan.maxSeconds - plan.minSeconds) * draw();
    return line(i, fateOf(draw(), plan), seconds, plan);
  });
  for (let i = 0; i < plan.badLines; i++) {
    const at = Math.floor(draw() * lines.length);
    const texts = [...BAD_LINES, duplicateOf(lines.slice(0, at).at(-1))];
    const text = texts[i % texts.length] ?? '';
    lines.splice(at, 0, { id: '', fate: 'bad', prompt: '', text });
  }
  return lines;
}
