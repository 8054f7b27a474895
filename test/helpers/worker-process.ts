/** A worker in a process of its own, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CACHE } from './cache';
import { endedWithFile } from './children';
import { reaching } from './embedded';
import type { World } from './world';

export interface WorkerProcess {
  pid: number;
  /** kill -9: no shutdown of any kind. */
  kill(): Promise<void>;
  /** SIGTERM: a graceful end. Gives the exit code. */
  stop(): Promise<number | null>;
}

async function ready(child: ChildProcess): Promise<void> {
  let text = '';
  // Not closed at the end of the loop: a worker whose stderr is closed dies of the next line that it writes.
  for await (const chunk of child.stderr!.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('Worker on')) return;
  }
  throw new Error(`The worker did not start: ${text}`);
}

/** Starts `npm start`'s program against the servers and the store of `world`. */
export async function startWorkerProcess(world: World, settings: Record<string, string> = {}): Promise<WorkerProcess> {
  const program = join(__dirname, '..', '..', 'lib', 'src', 'start.js');
  const spawned = spawn(process.execPath, [program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...reaching(world.env),
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: world.emulator.url,
      DURABLE_RESPONSES_STORE: world.store.place,
      DURABLE_RESPONSES_LOG_LEVEL: 'ERROR',
      ...CACHE.env,
      ...settings,
    },
  });
  const child = endedWithFile(spawned);
  await ready(child);
  child.stderr?.resume();
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    await once(child, 'exit');
    return child.exitCode;
  };
  return { pid: child.pid ?? 0, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}

/** Runs `body` with several worker processes of the same settings. */
export async function withFleet<T>(
  world: World,
  workers: number,
  settings: Record<string, string>,
  body: () => Promise<T>,
): Promise<T> {
  const fleet = await Promise.all(Array.from({ length: workers }, () => startWorkerProcess(world, settings)));
  try {
    return await body();
  } finally {
    await Promise.all(fleet.map((worker) => worker.stop()));
  }
}
