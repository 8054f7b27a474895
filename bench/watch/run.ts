/** Runs everything that was planned, side by side, and says of each run when its end was seen and what it took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRow, Ledger } from '../../emulator';
import { startTaskWorkflow } from '../../src/client/start';
import type { TaskResult } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import type { Place } from '../scale/place';
import { actionsOf, signalsIn, timeOf } from './actions';
import { runLoop } from './loops';
import { isTask, taskOf, type LoopProgram, type Run } from './plan';

export interface Measured {
  run: Run;
  /** By the emulator's ledger. */
  endMs: number;
  /** When a look of the program saw it. */
  seenMs: number;
  /** GETs, POSTs and streams. */
  calls: number;
  /** Null for loops. */
  task: MeasuredTask | null;
}

export interface MeasuredTask {
  /** When the client that waited had the result. */
  returnedMs: number;
  events: number;
  actions: number;
  /** The way of an end by webhook; null for each part that there was not. */
  sentMs: number | null;
  signalledMs: number | null;
  lookedMs: number | null;
}

interface Ended {
  run: Run;
  seenMs: number;
  returned: { result: TaskResult; atMs: number } | null;
}

async function runToEnd(place: Place, run: Run): Promise<Ended> {
  await sleep(run.delaySeconds * 1000);
  if (!isTask(run)) {
    const loop = { ...run, program: run.program as LoopProgram };
    return { run, seenMs: await runLoop(place.settings.OPENAI_BASE_URL ?? '', loop), returned: null };
  }
  const { client } = place;
  await startTaskWorkflow({ client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true }, run.id, taskOf(run));
  const result = (await client.workflow.getHandle(run.id).result()) as TaskResult;
  return { run, seenMs: Date.parse(result.timings.detected ?? ''), returned: { result, atMs: Date.now() } };
}

/** The ledger by run: a list has tens of thousands of calls. */
class Calls {
  private readonly ids = new Map<string, CallRow[]>();

  constructor(private readonly ledger: Ledger) {
    for (const call of ledger.calls) {
      const id = call.task ?? '';
      this.ids.set(id, [...(this.ids.get(id) ?? []), call]);
    }
  }

  of(id: string) {
    const creates = this.ledger.creates.filter(({ metadata }) => metadata.task_id === id);
    return {
      creates,
      calls: this.ids.get(id) ?? [],
      webhook: this.ledger.webhooks.find(({ task }) => task === id),
    };
  }
}

async function taskFigures(place: Place, ended: Ended, calls: Calls): Promise<MeasuredTask | null> {
  const { run, returned } = ended;
  if (!returned) return null;
  const history = await place.client.workflow.getHandle(run.id).fetchHistory();
  const signals = signalsIn(history);
  const { webhook, calls: own } = calls.of(run.id);
  // Five minutes of `auto` are five minutes of ours; all else goes by the clock of the run.
  const scaleOf = (activity: string) =>
    run.program === 'auto' && activity === 'followResponse' ? 1 : run.length.scale;
  return {
    returnedMs: returned.atMs,
    events: history.events?.length ?? 0,
    // The receiver asks each task that it tells where it stands.
    actions: actionsOf(history, { queries: signals.length, scaleOf }),
    sentMs: webhook?.attempts[0]?.at ?? null,
    signalledMs: signals[0] ? timeOf(signals[0]) : null,
    lookedMs: own.filter(({ op }) => op === 'retrieve').at(-1)?.at ?? null,
  };
}

async function figuresOf(place: Place, ended: Ended, calls: Calls): Promise<Measured> {
  const { creates, calls: own } = calls.of(ended.run.id);
  const [created, another] = creates;
  const status = ended.returned?.result.status ?? 'completed';
  if (status !== 'completed' || !created?.endedAt || another) {
    throw new Error(`${ended.run.id} ended as ${status}, with ${creates.length} responses.`);
  }
  return {
    run: ended.run,
    endMs: created.endedAt,
    seenMs: ended.seenMs,
    calls: own.filter(({ op }) => ['create', 'retrieve', 'stream'].includes(op)).length,
    task: await taskFigures(place, ended, calls),
  };
}

/** @throws Error when a run did not complete, or made more than one response. */
export async function measureRuns(place: Place, runs: readonly Run[]): Promise<Measured[]> {
  const ended = await Promise.all(runs.map((run) => runToEnd(place, run)));
  const calls = new Calls(await place.fromEmulator<Ledger>('ledger'));
  const measured: Measured[] = [];
  for (const one of ended) measured.push(await figuresOf(place, one, calls));
  return measured;
}
