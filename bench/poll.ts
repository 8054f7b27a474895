/** Many runs at once, three programs on the same server: how soon each end is known, and what it costs. */
import type { WorkflowHandle } from '@temporalio/client';
import type { TaskResult } from '../src/contracts';
import type { BenchResult } from './activities';
import { beatsOf, costOf, meterCpu } from './cost';
import { medians, percentile } from './percentile';
import { startServers, startWorker, type Servers } from './servers';

export const PROGRAMS = ['floor', 'naive', 'ours'] as const;
export type Program = (typeof PROGRAMS)[number];

export interface Figures {
  allDoneSeconds: number;
  tasksPerSecond: number;
  lagP50Seconds: number;
  lagP99Seconds: number;
  creates: number;
  gets: number;
  events: number;
  historyBytes: number;
  /** As Temporal Cloud bills them. */
  actions: number;
  /** Of a run. */
  workerCpuMs: number;
  serverCpuMs: number;
  workerMegabytes: number;
}

const TYPES = { ours: 'responseTask', naive: 'naiveTask', floor: 'floorTask' };

function requestOf(program: Program, i: number, seconds: number) {
  const metadata = { emulator_queued_seconds: '0.5', emulator_run_seconds: String(seconds - 0.5) };
  return { model: 'o3', input: `Benchmark prompt ${i} of ${program}.`, metadata };
}

function start({ client }: Servers, program: Program, i: number, seconds: number): Promise<WorkflowHandle> {
  const request = requestOf(program, i, seconds);
  const input = program === 'ours' ? { request, options: { pollIntervalsSeconds: [1, 2] } } : request;
  return client.workflow.start(TYPES[program], {
    workflowId: `bench-${program}-${i}`,
    taskQueue: program === 'ours' ? 'bench-ours' : 'bench-others',
    args: [input],
  });
}

const detectedAt = (result: TaskResult | BenchResult): number =>
  'timings' in result ? Date.parse(result.timings.detected ?? '') : result.detectedAtMs;

export async function measure(program: Program, runs: number, seconds: number): Promise<Figures> {
  // Fresh servers for each: the one before must not have warmed or filled them.
  const servers = await startServers();
  const worker = await startWorker(program === 'ours' ? 'ours' : 'others', servers);
  try {
    const cpuOf = await meterCpu(servers, [worker]);
    const startMs = Date.now();
    const handles = await Promise.all(Array.from({ length: runs }, (_, i) => start(servers, program, i, seconds)));
    const results = await Promise.all(handles.map((handle) => handle.result() as Promise<TaskResult | BenchResult>));
    const allDoneSeconds = (Date.now() - startMs) / 1000;
    const cpu = await cpuOf(runs);
    const { creates, calls } = await servers.ledger();
    const endedAt = new Map(creates.map(({ id, at }) => [id, at + seconds * 1000]));
    const lags = results.map((result) => (detectedAt(result) - (endedAt.get(result.responseId ?? '') ?? NaN)) / 1000);
    return {
      allDoneSeconds,
      tasksPerSecond: runs / allDoneSeconds,
      lagP50Seconds: percentile(lags, 0.5),
      lagP99Seconds: percentile(lags, 0.99),
      creates: creates.length,
      gets: calls.filter(({ op }) => op === 'retrieve').length,
      ...(await costOf(handles, beatsOf(program))),
      ...cpu,
      workerMegabytes: worker.peakMegabytes(),
    };
  } finally {
    await worker.stop();
    await servers.close();
  }
}

/** Every program once, `rounds` times in turn; the median of each figure. */
export async function benchPoll(runs: number, seconds: number, rounds: number): Promise<Record<Program, Figures>> {
  const all: Record<Program, Figures[]> = { floor: [], naive: [], ours: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const program of PROGRAMS) {
      const figures = await measure(program, runs, seconds);
      process.stderr.write(`round ${round}, ${program}: ${JSON.stringify(figures)}\n`);
      all[program].push(figures);
    }
  }
  const { floor, naive, ours } = all;
  return { floor: medians(floor), naive: medians(naive), ours: medians(ours) };
}
