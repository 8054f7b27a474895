/** Carries out a plan: starts everything at its time, does to it what is planned, and strikes meanwhile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBatchLines, TaskEndedError, UsageError, type DurableResponses } from '../../src/client';
import { messageOf } from '../../src/errors';
import type { PlannedBatch, PlannedReport } from './groups';
import type { SoakPlan } from './plan';
import { strike, type StrikeKind, type Struck } from './strikes';
import type { PlannedTask } from './tasks';

export interface Driven {
  /** Ids that the server has accepted. */
  accepted: Set<string>;
  struck: Partial<Record<StrikeKind, number>>;
  /** What was asked of a running task or batch, and was done. */
  acts: Record<string, number>;
  /** What went wrong with the driver itself. */
  problems: string[];
}

/** Longer than anything is away. */
const PERSIST_MS = 90_000;

/** Says that there is nothing more to ask: it has ended, or is of another kind. */
const isFinal = (error: unknown): boolean => error instanceof UsageError || error instanceof TaskEndedError;

/** As a program that means it: again until the server answers. */
async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (const endMs = Date.now() + PERSIST_MS; ;) {
    try {
      return await call();
    } catch (error) {
      if (isFinal(error) || Date.now() > endMs) throw error;
      await sleep(500);
    }
  }
}

export class Driver {
  readonly driven: Driven = { accepted: new Set(), struck: {}, acts: {}, problems: [] };
  private readonly startMs = Date.now();

  constructor(
    private readonly session: DurableResponses,
    private readonly struck: Struck,
    private readonly plan: SoakPlan,
  ) {}

  /** Returns when all has been started and done, and every strike is over. */
  async run(): Promise<Driven> {
    const { tasks, batches, reports } = this.plan;
    await Promise.all([
      ...tasks.map((task) => this.task(task)),
      ...batches.map((batch) => this.batch(batch)),
      ...reports.map((report) => this.report(report)),
      this.strikes(),
      this.waves(),
    ]);
    await this.struck.trouble.end();
    await this.lookAfterWorkers();
    return this.driven;
  }

  /** No outage is a reason for a worker to give up. */
  private async lookAfterWorkers(): Promise<void> {
    for (const worker of this.struck.workers) {
      const how = await worker.ended(0);
      if (how !== null) this.driven.problems.push(`a worker has ended by itself: ${how}`);
    }
  }

  private until(atSeconds: number): Promise<void> {
    return sleep(Math.max(0, this.startMs + 1000 * atSeconds - Date.now()));
  }

  /** Asks for a start at its time; whether it was accepted. */
  private async start(id: string, atSeconds: number, call: () => Promise<unknown>): Promise<boolean> {
    await this.until(atSeconds);
    try {
      await persist(call);
      this.driven.accepted.add(id);
      return true;
    } catch (error) {
      this.driven.problems.push(`${id} was not accepted: ${messageOf(error)}`);
      return false;
    }
  }

  /** Does something to what runs. That it has ended meanwhile is no problem, and nor is that no worker is there. */
  private async act(name: string, afterSeconds: number, call: () => Promise<unknown>): Promise<void> {
    await sleep(1000 * afterSeconds);
    const done = await call().then(
      () => true,
      () => false,
    );
    if (done) this.driven.acts[name] = (this.driven.acts[name] ?? 0) + 1;
  }

  private async task({ taskId, atSeconds, input, acts }: PlannedTask): Promise<void> {
    const { session } = this;
    const calls: Record<PlannedTask['acts'][number]['act'], () => Promise<unknown>> = {
      'cancel by signal': () => persist(() => session.cancel(taskId, 'chaos')),
      "cancel by Temporal's request": () => persist(() => session.temporal.workflow.getHandle(taskId).cancel()),
      'start again': () => persist(() => session.startTask(input, { id: taskId })),
      'look now': () => session.lookNow(taskId),
      change: () => session.changeTask(taskId, { pollIntervalsSeconds: [0.7] }),
    };
    if (!(await this.start(taskId, atSeconds, () => session.startTask(input, { id: taskId })))) return;
    await Promise.all(acts.map(({ act, afterSeconds }) => this.act(act, afterSeconds, calls[act])));
  }

  private async batch({ batchId, atSeconds, text, concurrency, acts }: PlannedBatch): Promise<void> {
    const { session } = this;
    const options = { pollIntervalsSeconds: [1], maxWaitSeconds: 1800 };
    const begin = () =>
      session.startBatch({ items: parseBatchLines(text).items, concurrency, options }, { id: batchId });
    const calls: Record<PlannedBatch['acts'][number]['act'], () => Promise<unknown>> = {
      pause: () => session.pauseBatch(batchId),
      resume: () => persist(() => session.resumeBatch(batchId)),
      concurrency: () => session.setBatchConcurrency(batchId, concurrency + 3),
      cancel: () => persist(() => session.cancel(batchId, 'chaos')),
    };
    if (!(await this.start(batchId, atSeconds, begin))) return;
    for (const { act, afterSeconds } of acts) await this.act(`${act} of a batch`, afterSeconds, calls[act]);
  }

  private async report({ reportId, atSeconds, plan, cancelAfterSeconds }: PlannedReport): Promise<void> {
    const folder = join(this.struck.place.folder, 'sources');
    mkdirSync(folder, { recursive: true });
    const sources = [join(folder, `${reportId}.csv`), join(folder, `${reportId}.md`)];
    for (const path of sources) writeFileSync(path, 'month,sales\n1,20\n2,30\n');
    const full = { ...plan, sources: sources.map((path) => ({ path })) };
    const begin = () => this.session.startReport(full, { id: reportId });
    if (!(await this.start(reportId, atSeconds, begin)) || cancelAfterSeconds === null) return;
    await this.act('cancel of a report', cancelAfterSeconds, () =>
      persist(() => this.session.cancel(reportId, 'chaos')),
    );
  }

  private async strikes(): Promise<void> {
    for (const { kind, waitSeconds, awaySeconds } of this.plan.strikes) {
      await sleep(1000 * waitSeconds);
      await strike(this.struck, kind, awaySeconds);
      this.driven.struck[kind] = (this.driven.struck[kind] ?? 0) + 1;
    }
  }

  private async waves(): Promise<void> {
    for (const wave of this.plan.waves) {
      await this.until(wave.atSeconds);
      await this.struck.trouble.begin(wave);
    }
    await this.until(this.plan.seconds);
  }
}
