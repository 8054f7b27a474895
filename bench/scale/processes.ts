/** Programs of this package as real processes, to be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { childEnvironment } from '../../src/config';
import { until } from '../../src/embedded/processes';

/** They take two seconds; a loaded machine needs much longer. */
const READY_TIMEOUT_MS = 60_000;
const KEPT_OUTPUT_CHARS = 10_000;

/** Should this program end badly, it leaves none of them behind. */
const alive = new Set<ChildProcess>();
let isOver = false;
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/**
 * kill -9 for all that run, and no more are started: for a test that may have been given up in the middle. A test runner
 * ends its own processes by a signal, so there is no `exit` to rely on.
 */
export async function endPrograms(): Promise<void> {
  isOver = true;
  await Promise.all(
    [...alive].map(async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }),
  );
}

/** A benchmark that is told to stop goes by its `exit`; a test runner has its own ways. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}

/** The compiled file, also when this runs from source (tests). */
export function compiled(file: string): string {
  const places = [join(__dirname, '..', '..', file), join(__dirname, '..', '..', 'lib', file)];
  const found = places.find((path) => existsSync(path));
  if (!found) throw new Error(`Run \`npm run build\` first: ${file} is missing.`);
  return found;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** It serves when it has said this, or when somebody who asks it says so. */
type Ready = RegExp | ((isRunning: () => boolean) => Promise<boolean>);

export interface ProgramOptions {
  /** A file that the build makes, or the absolute path of a program that is no part of this package. */
  file: string;
  args?: string[];
  env?: Record<string, string>;
  ready: Ready;
  /** All that it says is kept there, over all of its lives. */
  logFile?: string;
}

const commandOf = ({ file, args = [] }: ProgramOptions): [string, string[]] =>
  isAbsolute(file) ? [file, args] : [process.execPath, [compiled(file), ...args]];

export class KilledProgram {
  private child: ChildProcess | undefined;

  constructor(private readonly options: ProgramOptions) {}

  /**
   * Returns when it serves, with what matched `ready`.
   * @param more Settings of this life only.
   */
  async start(more: Record<string, string> = {}): Promise<string> {
    const { env, ready, logFile } = this.options;
    const [command, args] = commandOf(this.options);
    if (isOver) throw new Error(`${this.options.file} is not started any more: the run is over.`);
    const child = spawn(command, args, {
      env: childEnvironment({ ...env, ...more }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    // Read for as long as it lives: a worker that cannot say what is wrong any more would die of that.
    let said = '';
    const keep = (text: string) => {
      said = (said + text).slice(-KEPT_OUTPUT_CHARS);
      if (logFile !== undefined) appendFileSync(logFile, text);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    const isReady = ready instanceof RegExp ? () => ready.test(said) : () => ready(() => !hasEnded(child));
    await until(async () => hasEnded(child) || (await isReady()), READY_TIMEOUT_MS);
    if (!hasEnded(child) && (await isReady())) return ready instanceof RegExp ? (ready.exec(said)?.[0] ?? '') : '';
    await this.kill();
    throw new Error(`${this.options.file} did not start: ${said}`);
  }

  /** Waits until it has ended by itself; gives the signal or the exit code, null when it goes on. */
  async ended(withinMs: number): Promise<NodeJS.Signals | number | null> {
    const { child } = this;
    if (!child) return null;
    await until(() => hasEnded(child), withinMs);
    return child.signalCode ?? child.exitCode;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** kill -9: no shutdown of any kind. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}
