/** The same tasks with more and more protection: what each costs in time, in histories, and on the disk. */
import { Client } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TASK_QUEUE, TASK_WORKFLOW } from '../../src/names';
import { startServers, startWorkerFile, type Servers } from '../servers';
import { converterOf, type Mode } from './modes';

export interface Load {
  name: string;
  tasks: number;
  /** Of a prompt, as JSON. */
  promptBytes: number;
}

export interface Figures {
  tasksPerSecond: number;
  historyBytes: number;
  databaseBytes: number;
  storeBytes: number;
  workerMegabytes: number;
}

/** Before the clock runs: bundles are read, and connections made. */
const WARM_UP_TASKS = 10;
const AT_ONCE = 50;

function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function requestOf(promptBytes: number) {
  // Random: what repeats itself would be smaller on the disk than any prompt of anybody.
  const input = randomBytes(Math.ceil(promptBytes * 0.75))
    .toString('base64')
    .slice(0, promptBytes);
  return { model: 'o3', input, metadata: { emulator_queued_seconds: '0', emulator_run_seconds: '0' } };
}

/** So many at once, the next one as soon as one has ended; gives the seconds. */
async function runTasks(client: Client, name: string, tasks: number, promptBytes: number): Promise<number> {
  const begin = Date.now();
  let next = 0;
  const turn = async () => {
    while (next < tasks) {
      const workflowId = `${name}-${next++}`;
      const args = [{ request: requestOf(promptBytes) }];
      await client.workflow.execute(TASK_WORKFLOW, { workflowId, taskQueue: DEFAULT_TASK_QUEUE, args });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, tasks) }, turn));
  return (Date.now() - begin) / 1000;
}

async function historyBytesOf(client: Client, name: string, tasks: number): Promise<number> {
  const sizes = await Promise.all(
    Array.from({ length: Math.min(20, tasks) }, async (_, i) => {
      const { raw } = await client.workflow.getHandle(`${name}-${i}`).describe();
      return Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

async function measureOn(servers: Servers, storeDir: string, mode: Mode, load: Load): Promise<Figures> {
  const { client: plain, address, emulatorUrl } = servers;
  const { tasks, promptBytes } = load;
  const client = new Client({ connection: plain.connection, dataConverter: converterOf(mode, storeDir) });
  const worker = await startWorkerFile('protection/worker.js', [mode, address, emulatorUrl, storeDir]);
  try {
    await runTasks(client, 'warm', WARM_UP_TASKS, promptBytes);
    const [databaseBefore, storeBefore] = [servers.databaseBytes(), bytesIn(storeDir)];
    const seconds = await runTasks(client, 'task', tasks, promptBytes);
    return {
      tasksPerSecond: tasks / seconds,
      historyBytes: await historyBytesOf(client, 'task', tasks),
      databaseBytes: (servers.databaseBytes() - databaseBefore) / tasks,
      storeBytes: (bytesIn(storeDir) - storeBefore) / tasks,
      workerMegabytes: worker.peakMegabytes(),
    };
  } finally {
    await worker.stop();
  }
}

/** Fresh servers for each: the one before must not have warmed or filled them. */
export async function measure(mode: Mode, load: Load): Promise<Figures> {
  const storeDir = mkdtempSync(join(tmpdir(), 'durable-responses-protection-'));
  const servers = await startServers();
  try {
    return await measureOn(servers, storeDir, mode, load);
  } finally {
    await servers.close();
    rmSync(storeDir, { recursive: true, force: true });
  }
}
