/** What happens in a soak, and when: all of it follows from the seed. */
import { Draw } from './draw';
import { planBatch, planReport, type PlannedBatch, type PlannedReport } from './groups';
import { STRIKES, type StrikeKind } from './strikes';
import { lastTasks, planTask, type PlannedTask } from './tasks';
import { UPSTREAM_FAULTS } from './upstream-faults';

export interface PlannedStrike {
  kind: StrikeKind;
  /** After the end of the one before. */
  waitSeconds: number;
  /** What is struck is away for so long. */
  awaySeconds: number;
}

/** Some kinds of faults of upstream, from a moment until the next wave. */
export interface Wave {
  atSeconds: number;
  faults: { name: string; probability: number; times: number }[];
}

export interface SoakPlan {
  seed: number;
  seconds: number;
  tasks: PlannedTask[];
  batches: PlannedBatch[];
  reports: PlannedReport[];
  strikes: PlannedStrike[];
  waves: Wave[];
}

const TASKS_A_SECOND = 1;
const SECONDS_A_BATCH = 30;
const SECONDS_A_REPORT = 40;
const SECONDS_A_WAVE = 10;
const FAULTS_A_WAVE = 5;

/** Nothing new is started after this part of the time. */
const STARTING_SHARE = 0.9;

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i + 1));

function planStrikes(draw: Draw, seconds: number): PlannedStrike[] {
  const strikes: PlannedStrike[] = [];
  const deck = draw.deck(Object.keys(STRIKES) as StrikeKind[]);
  for (let atSeconds = 0; ;) {
    const kind = deck.next().value;
    const [least, most] = STRIKES[kind].awaySeconds;
    const strike = { kind, waitSeconds: draw.between(2, 9), awaySeconds: draw.between(least, most) };
    // A process takes a few seconds to come back.
    atSeconds += strike.waitSeconds + strike.awaySeconds + 3;
    if (atSeconds > seconds) return strikes;
    strikes.push(strike);
  }
}

function planWaves(draw: Draw, seconds: number): Wave[] {
  const deck = draw.deck(Object.keys(UPSTREAM_FAULTS));
  const fault = () => ({ name: deck.next().value, probability: draw.between(0.2, 0.6), times: draw.whole(2, 8) });
  const waves = Math.max(2, Math.floor(seconds / SECONDS_A_WAVE));
  // The last one has nothing new: it is for those that nobody has met yet.
  return many(waves, (i) => ({
    atSeconds: (i - 1) * (seconds / waves),
    faults: i === waves ? [] : many(FAULTS_A_WAVE, fault),
  }));
}

/** The same seed and time, the same plan. */
export function planSoak(seed: number, seconds: number): SoakPlan {
  // One of each for itself: more tasks do not change the strikes.
  const drawOf = (part: number) => new Draw(seed * 8 + part);
  const untilSeconds = STARTING_SHARE * seconds;
  const [tasks, batches, reports] = [drawOf(1), drawOf(2), drawOf(3)];
  const waves = planWaves(drawOf(5), seconds);
  const mixed = many(Math.round(TASKS_A_SECOND * seconds), (i) => planTask(tasks, i, untilSeconds));
  return {
    seed,
    seconds,
    // What nobody has met until the last wave is met by these.
    tasks: [...mixed, ...lastTasks((waves.at(-1)?.atSeconds ?? 0) + 1)],
    batches: many(Math.ceil(seconds / SECONDS_A_BATCH), (i) => planBatch(batches, i, untilSeconds)),
    reports: many(Math.ceil(seconds / SECONDS_A_REPORT), (i) => planReport(reports, i, untilSeconds)),
    strikes: planStrikes(drawOf(4), seconds),
    waves,
  };
}
