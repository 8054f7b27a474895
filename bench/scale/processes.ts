/** The worker of a scale run: a real process, killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from '../../src/config';

/** Its settings, besides those that say where everything is. */
export interface WorkerSettings {
  address: string;
  emulatorUrl: string;
  storeDir: string;
}

/** The compiled program, from the compiled benchmark and from its source in a test. */
function startProgram(): string {
  const beside = join(__dirname, '..', '..', 'src', 'start.js');
  return existsSync(beside) ? beside : join(__dirname, '..', '..', 'lib', 'src', 'start.js');
}

export class KilledWorker {
  private child: ChildProcess | undefined;
  private peaks: number[] = [];

  constructor(private readonly settings: WorkerSettings) {}

  /** Returns when it serves. */
  async start(): Promise<void> {
    const { address, emulatorUrl, storeDir } = this.settings;
    const env = childEnvironment({
      TEMPORAL_ADDRESS: address,
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_BASE_URL: emulatorUrl,
      DURABLE_RESPONSES_STORE_DIR: storeDir,
      DURABLE_RESPONSES_LOG_LEVEL: 'ERROR',
    });
    const child = spawn(process.execPath, [startProgram()], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let said = '';
    for await (const chunk of child.stderr) {
      said += String(chunk);
      if (said.includes('Worker on')) break;
    }
    if (!said.includes('Worker on')) throw new Error(`The worker did not start: ${said}`);
  }

  /** Highest of all its lives. */
  get peakMegabytes(): number {
    return Math.max(0, ...this.peaks, this.peakNow());
  }

  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.peaks.push(this.peakNow());
    child.kill(signal);
    await once(child, 'exit');
  }

  private peakNow(): number {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return 0;
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
    return Math.round(Number(line?.[1] ?? 0) / 1024);
  }
}
