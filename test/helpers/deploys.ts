/** Tasks of every shape that are open while their worker is replaced by one with other code. */
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../emulator';
import type { TaskOptions, TaskOutcome } from '../../src/contracts';
import { endChild, endedWithFile } from './children';
import { itemsOf } from './recordings-batches';
import { aPlan, begin } from './reports';
import type { World } from './world';

export interface DeployedWorker {
  /** What it has written: the SDK says there when a history does not fit. */
  said(): string;
  /** As a deploy does it. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Starts a worker with this code as a process; `name` is that of a file in `folder`. */
export async function deploy(world: World, folder: string, name: string, code: string): Promise<DeployedWorker> {
  const bundle = join(folder, `${name}.js`);
  writeFileSync(bundle, code);
  const args = [bundle, world.env.address, world.emulator.url, world.store.place];
  const child = endedWithFile(fork(join(__dirname, 'bundle-worker.mjs'), args, { silent: true, execArgv: [] }));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const left = once(child, 'exit').then(() => Promise.reject(new Error(`The worker did not start: ${said}`)));
  left.catch(() => undefined);
  await Promise.race([once(child, 'message'), left]);
  return { said: () => said, stop: () => endChild(child, 'SIGTERM'), kill: () => endChild(child, 'SIGKILL') };
}

interface Shape {
  options?: TaskOptions;
  scenario?: string;
  runSeconds?: string;
  faults?: Omit<FaultRule, 'task'>[];
  ends?: TaskOutcome;
  /** Of a task whose creates are all answered. Default 1. */
  creates?: number;
  /** Its create is refused at first. */
  createsLate?: boolean;
  /** Done to it before the deploy, and after it. */
  before?: (handle: WorkflowHandle) => Promise<unknown>;
  after?: (handle: WorkflowHandle) => Promise<unknown>;
}

/** On a slow machine it may have ended; nothing can be told it then, and its end is judged all the same. */
const tell = (handle: WorkflowHandle, signal: string, ...args: string[]) =>
  handle.signal(signal, ...args).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });

const lookNow = (handle: WorkflowHandle) => tell(handle, 'lookNow');

/** More often than a look takes, so that one of them comes during a look. */
async function lookOften(handle: WorkflowHandle): Promise<void> {
  for (let times = 0; times < 4; times++) {
    await lookNow(handle);
    await sleep(400);
  }
}

const cancel = (handle: WorkflowHandle) => tell(handle, 'cancelTask', 'deployed');
const durable: TaskOptions = { pollIntervalsSeconds: [1], inlineWaitSeconds: 0 };
const refusedFor = (seconds: number): Omit<FaultRule, 'task'> => ({
  op: 'create',
  times: 1,
  do: { kind: 'status', status: 429, headers: { 'retry-after': String(seconds) } },
});

/** By name: what is under way, or waited for, when the worker goes. */
const SHAPES: Record<string, Shape> = {
  'inline-looks': { options: { pollIntervalsSeconds: [0.4] } },
  'durable-looks': { options: durable },
  'look-asked-for': {
    options: durable,
    faults: [{ op: 'retrieve', do: { kind: 'delay', ms: 900 } }],
    before: lookOften,
    after: lookNow,
  },
  streamed: { options: { watch: 'stream' } },
  'webhook-awaited': { options: { watch: 'webhook' }, after: lookNow },
  chosen: { options: { watch: 'auto' } },
  'create-under-way': { faults: [{ op: 'create', do: { kind: 'delay', ms: 5_000 } }] },
  'create-refused': { faults: [refusedFor(6)], createsLate: true, runSeconds: '2' },
  retried: { scenario: 'failed', runSeconds: '1', options: { retryOn: { times: 2 } }, ends: 'failed', creates: 3 },
  'timed-out': { scenario: 'stuck_in_progress', options: { ...durable, maxWaitSeconds: 15 }, ends: 'timed_out' },
  'cancelled-before': {
    scenario: 'slow',
    faults: [{ op: 'cancel', do: { kind: 'delay', ms: 3_000 } }],
    before: cancel,
    ends: 'cancelled',
  },
  'cancelled-after': { scenario: 'slow', options: durable, after: cancel, ends: 'cancelled' },
};

export interface OpenTask {
  id: string;
  shape: Shape;
  handle: WorkflowHandle;
}

/** So many of each shape, all open. @param kinds Default: all. */
export async function startShapes(
  world: World,
  name: string,
  each: number,
  kinds = Object.keys(SHAPES),
): Promise<OpenTask[]> {
  const ids = Array.from({ length: each }).flatMap((_, i) =>
    kinds.map((kind) => ({ id: `${name}-${kind}-${i}`, shape: SHAPES[kind]! })),
  );
  world.emulator.setFaults(ids.flatMap(({ id, shape }) => (shape.faults ?? []).map((rule) => ({ ...rule, task: id }))));
  return Promise.all(
    ids.map(async ({ id, shape }) => {
      const { scenario = 'text', runSeconds = scenario === 'text' ? '10' : undefined, options } = shape;
      const metadata = {
        emulator_scenario: scenario,
        emulator_queued_seconds: '0.2',
        ...(runSeconds ? { emulator_run_seconds: runSeconds } : {}),
      };
      const request = { model: 'o3', input: `Prompt of ${id}.`, metadata };
      return {
        id,
        shape,
        handle: await world.start({ request, options: { pollIntervalsSeconds: [1], ...options } }, id),
      };
    }),
  );
}

/** All that can have a response have one. */
export function areCreated({ emulator }: World, tasks: readonly OpenTask[]): boolean {
  const created = new Set(emulator.ledger().creates.map(({ metadata }) => metadata.task_id));
  return tasks.every(({ id, shape }) => shape.createsLate || created.has(id));
}

/** A window that is filled step by step, in other steps by the code before `slower-fill`; and a report. */
export async function startOthers(world: World, name: string, items: number) {
  const plan = { items: itemsOf(items, '6'), concurrency: 100, options: { pollIntervalsSeconds: [0.5] } };
  return {
    batch: await world.startBatch(plan, `${name}-batch`),
    report: await begin(world, aPlan(), `${name}-report`),
  };
}
