/** Batches and reports of a soak. */
import { planLines, type PlannedLine } from '../../bench/scale/plan';
import { EXPECTED } from '../../bench/scale/check';
import type { ReportPlan, TaskOutcome } from '../../src/contracts';
import type { PlannedRecord } from '../checks/records';
import type { Draw } from './draw';
import { promptOf } from './secrets';

export type BatchAct = 'pause' | 'resume' | 'concurrency' | 'cancel';

export interface PlannedBatch {
  batchId: string;
  atSeconds: number;
  /** The file. */
  text: string;
  records: PlannedRecord[];
  concurrency: number;
  acts: { act: BatchAct; afterSeconds: number }[];
}

/** With a prompt that has the canary in it; of mixed priorities, so that a batch has several pages, of all sizes. */
function asSent({ text, prompt, fate }: PlannedLine, draw: Draw): string {
  if (fate === 'bad') return text;
  const priority = draw.weighted({ high: 2, medium: 6, low: 1 });
  return JSON.stringify({ ...(JSON.parse(text) as object), input: promptOf(prompt), priority });
}

function batchActs(draw: Draw): PlannedBatch['acts'] {
  const atSeconds = draw.between(0, 10);
  if (draw.chance(0.3)) {
    return [
      { act: 'pause', afterSeconds: atSeconds },
      { act: 'resume', afterSeconds: draw.between(2, 8) },
    ];
  }
  if (draw.chance(0.4)) return [{ act: 'concurrency', afterSeconds: atSeconds }];
  return draw.chance(0.4) ? [{ act: 'cancel', afterSeconds: atSeconds }] : [];
}

function recordOf({ id, prompt, fate }: PlannedLine, isCancelled: boolean): PlannedRecord {
  const cancelled: TaskOutcome[] = isCancelled && fate !== 'bad' ? ['cancelled'] : [];
  const unknown: TaskOutcome[] = fate === 'bad' ? [] : ['unknown'];
  return { id, prompt, mayEndAs: [EXPECTED[fate], ...unknown, ...cancelled] };
}

export function planBatch(draw: Draw, i: number, untilSeconds: number): PlannedBatch {
  const lines = planLines({
    tasks: draw.whole(12, 30),
    badLines: draw.whole(0, 3),
    concurrency: 0,
    minSeconds: 1,
    maxSeconds: 8,
    failing: 0.1,
    rejected: 0.05,
    stuck: 0.05,
    stuckSeconds: 20,
    workerKills: 0,
    serverKills: 0,
    killEverySeconds: 0,
    pollIntervalsSeconds: [1],
    timeScale: 1,
    seed: draw.whole(1, 1e9),
  });
  const acts = batchActs(draw);
  const isCancelled = acts.some(({ act }) => act === 'cancel');
  return {
    batchId: `batch-${i}`,
    atSeconds: draw.between(0, untilSeconds),
    text: lines.map((line) => asSent(line, draw)).join('\n'),
    records: lines.map((line) => recordOf(line, isCancelled)),
    concurrency: draw.whole(4, 12),
    acts,
  };
}

export interface PlannedReport {
  reportId: string;
  atSeconds: number;
  /** Its sources are made when it is started. */
  plan: Omit<ReportPlan, 'sources'>;
  cancelAfterSeconds: number | null;
  mayEndAs: TaskOutcome[];
}

export function planReport(draw: Draw, i: number, untilSeconds: number): PlannedReport {
  const cancelAfterSeconds = draw.chance(0.25) ? draw.between(0, 12) : null;
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: String(draw.between(2, 10)) };
  return {
    reportId: `report-${i}`,
    atSeconds: draw.between(0, untilSeconds),
    plan: {
      title: `Report ${i}`,
      instructions: promptOf('Be brief:'),
      metadata,
      options: { pollIntervalsSeconds: [1], maxWaitSeconds: 1800 },
    },
    cancelAfterSeconds,
    mayEndAs: ['completed', 'unknown', ...(cancelAfterSeconds === null ? [] : ['cancelled' as const])],
  };
}
