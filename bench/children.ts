/** Many tasks as one batch, beside the least that the engine needs for as many children. */
import type { Ledger } from '../emulator';
import { startBatch } from '../src/client/batch';
import { folderStore } from '../src/store';
import { meterCpu } from './cost';
import { historiesOf } from './scale/histories';
import { startServers, startWorker, type Servers, type WorkerProcess } from './servers';
import type { ChildrenInput } from './workflows';

export const CHILDREN = ['emptyTask', 'floorTask', 'ours'] as const;
export type Children = (typeof CHILDREN)[number];

export interface ChildrenFigures {
  allDoneSeconds: number;
  tasksPerSecond: number;
  /** Without the time in which the window is filled, which ours does in steps; NaN where nothing is created. */
  fullTasksPerSecond: number;
  /** Of a task, its share of what stands above it included. */
  events: number;
  workerCpuMs: number;
  serverCpuMs: number;
  workerMegabytes: number;
}

export interface ChildrenPlan {
  tasks: number;
  /** At once. */
  window: number;
  /** Processes; default 1. */
  workers?: number;
}

const ID = 'many';

/** They have ended at the first look, after a second: what is measured is the engine, and no wait. */
const requestOf = (i: number) => ({
  model: 'o3',
  input: `Prompt ${i}.`,
  metadata: { emulator_queued_seconds: '0.1', emulator_run_seconds: '0.4' },
});

async function start({ client, storeDir }: Servers, program: Children, { tasks, window }: ChildrenPlan): Promise<void> {
  const requests = Array.from({ length: tasks }, (_, i) => requestOf(i));
  if (program !== 'ours') {
    const input: ChildrenInput = { type: program, requests, window };
    await client.workflow.start('parentOfMany', { workflowId: ID, taskQueue: 'bench-others', args: [input] });
    return;
  }
  const context = { client, taskQueue: 'bench-ours', searchAttributes: true, store: folderStore(storeDir) };
  const items = requests.map((request, i) => ({ id: `i${i}`, task: { request } }));
  const options = { pollIntervalsSeconds: [1, 2] };
  await startBatch(context, { items, concurrency: window, options }, { id: ID, random: 'bench' });
}

/** From the create that filled the window to the last one. */
function fullRate({ creates }: Ledger, { tasks, window }: ChildrenPlan): number {
  const at = creates.map((create) => create.at).sort((a, b) => a - b);
  return (1000 * (tasks - window)) / ((at[tasks - 1] ?? NaN) - (at[window - 1] ?? NaN));
}

async function eventsOf({ client }: Servers, program: Children, tasks: number): Promise<number> {
  if (program === 'ours') {
    const all = await historiesOf(client, ID, tasks + Math.ceil(tasks / 500) + 1);
    return Object.values(all).reduce((sum, { events }) => sum + events, 0) / tasks;
  }
  const lengthOf = async (id: string) => (await client.workflow.getHandle(id).describe()).historyLength;
  return (await lengthOf(ID)) / tasks + (await lengthOf(`${ID}/0`));
}

/** Fresh servers for each: the one before must not have warmed or filled them. */
export async function measureChildren(program: Children, plan: ChildrenPlan): Promise<ChildrenFigures> {
  const servers = await startServers();
  const workers: WorkerProcess[] = [];
  try {
    while (workers.length < (plan.workers ?? 1))
      workers.push(await startWorker(program === 'ours' ? 'ours' : 'others', servers));
    const cpuOf = await meterCpu(servers, workers);
    const startMs = Date.now();
    await start(servers, program, plan);
    await servers.client.workflow.getHandle(ID).result();
    const allDoneSeconds = (Date.now() - startMs) / 1000;
    return {
      allDoneSeconds,
      tasksPerSecond: plan.tasks / allDoneSeconds,
      fullTasksPerSecond: fullRate(await servers.ledger(), plan),
      ...(await cpuOf(plan.tasks)),
      events: await eventsOf(servers, program, plan.tasks),
      workerMegabytes: Math.max(...workers.map((worker) => worker.peakMegabytes())),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await servers.close();
  }
}
