/** Programs of this package as real processes, to be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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
function compiled(file: string): string {
  const places = [join(__dirname, '..', '..', file), join(__dirname, '..', '..', 'lib', file)];
  const found = places.find((path) => existsSync(path));
  if (!found) throw new Error(`Run \`npm run build\` first: ${file} is missing.`);
  return found;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

export interface ProgramOptions {
  /** A file that the build makes, or the absolute path of a program that is no part of this package. */
  file: string;
  args?: string[];
  env?: Record<string, string>;
  /** It serves when it has said this. */
  ready: RegExp;
}

const commandOf = ({ file, args = [] }: ProgramOptions): [string, string[]] =>
  isAbsolute(file) ? [file, args] : [process.execPath, [compiled(file), ...args]];

export class KilledProgram {
  private child: ChildProcess | undefined;

  constructor(private readonly options: ProgramOptions) {}

  /** Returns when it serves, with what matched `ready`. */
  async start(): Promise<string> {
    const { file, env, ready } = this.options;
    const [command, args] = commandOf(this.options);
    if (isOver) throw new Error(`${file} is not started any more: the run is over.`);
    const child = spawn(command, args, { env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    // Read for as long as it lives: a worker that cannot say what is wrong any more would die of that.
    let said = '';
    const keep = (text: string) => (said = (said + text).slice(-KEPT_OUTPUT_CHARS));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    await until(() => hasEnded(child) || ready.test(said), READY_TIMEOUT_MS);
    const words = ready.exec(said)?.[0];
    if (words !== undefined && !hasEnded(child)) return words;
    await this.kill();
    throw new Error(`${file} did not start: ${said}`);
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
