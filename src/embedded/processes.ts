/** Other processes: run one within a time limit, see whether one is alive, stop one. */
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { childEnvironment } from '../config';

export interface RunResult {
  /** The exit code; undefined when it could not be started, was killed, or took too long. */
  code?: number;
  /** Why there is no exit code, in words. */
  problem?: string;
  /** The last 8 KiB of each stream. */
  stdout: string;
  stderr: string;
}

/** Enough for the reason of a failure, which programs print last. */
const KEPT_OUTPUT_CHARS = 8192;

export interface RunOptions {
  /** On top of what is inherited. */
  env?: Record<string, string>;
  /** Ends it as the time limit does. */
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, with no input. Never throws: a program that cannot be started is a result too.
 *
 * @param timeoutMs After this the program and all it started is killed.
 */
export function run(
  command: string,
  args: string[],
  timeoutMs: number,
  { env = {}, signal }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((settle) => {
    const result: RunResult = { stdout: '', stderr: '' };
    // Its own process group, so that the time limit also ends whatever it started.
    const child = spawn(command, args, {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment(env),
    });
    const end = (problem: string) => {
      result.problem = problem;
      killGroup(child.pid);
      // A grandchild that left the group would keep the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => end(`took longer than ${timeoutMs / 1000} s`), timeoutMs);
    const unlisten = onAbort(signal, () => end('was stopped'));
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        result[name] = (result[name] + text).slice(-KEPT_OUTPUT_CHARS);
      });
    }
    const done = (code: number | null, problem?: string) => {
      clearTimeout(timer);
      unlisten();
      result.problem ??= problem;
      settle({ ...result, ...(result.problem === undefined && code !== null ? { code } : {}) });
    };
    child.on('error', (error) => done(null, error.message));
    child.on('close', (code, killer) => done(code, killer === null ? undefined : `killed by ${killer}`));
  });
}

/** Calls back at once when it is aborted already. Gives what ends the listening. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { once: true });
  return () => signal?.removeEventListener('abort', listener);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signal(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
}

/** Sends a signal; a process that is already gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already, or not ours to signal: in both cases there is nothing to do.
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * True when the process runs and its command line holds `marker`. Numbers of processes are used again, in containers
 * always the same few, so a number alone says nothing.
 */
export async function isProcessOf(pid: number, marker: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  return (await commandLine(pid)).includes(marker);
}

async function commandLine(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    // No /proc on macOS; 5 s because ps answers at once or not at all.
    const listed = promisify(execFile)('ps', ['-ww', '-p', String(pid), '-o', 'command='], { timeout: 5000 });
    return listed.then(({ stdout }) => stdout).catch(() => '');
  }
}

/** Asks the process to stop, and makes it when it has not within `graceMs`; returns when it is gone. */
export async function stopProcess(pid: number, graceMs: number): Promise<void> {
  signal(pid, 'SIGTERM');
  // A process that ended but was never collected by its parent still has a number, and no command line.
  const gone = async () => !isAlive(pid) || (await commandLine(pid)) === '';
  if (await until(gone, graceMs)) return;
  signal(pid, 'SIGKILL');
  // The kernel needs no more than a moment to end a killed process.
  await until(gone, 2000);
}

/** Waits until the condition holds; false when it did not within the time. Looks every 20 ms. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await sleep(20);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
