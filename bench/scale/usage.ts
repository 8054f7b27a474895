/** What processes use, read from outside: they may be killed at any moment. Linux only; elsewhere it tells nothing. */
import { readFileSync } from 'node:fs';

/** What came and went between the last look and a kill is missed. */
const SAMPLE_MS = 250;
const TICKS_PER_SECOND = 100;

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** The most memory that a process has held so far; 0 when it is gone. */
export const peakMegabytesOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(procFile(pid, 'status'))?.[1] ?? 0) / 1024;

export interface Usage {
  peakMegabytes: number;
  cpuSeconds: number;
}

/** One program over all its lives. */
export class UsageMeter {
  private readonly timer: NodeJS.Timeout;
  /** CPU time of each life. */
  private readonly ticks = new Map<number, number>();
  private peakMegabytes = 0;

  constructor(private readonly pidNow: () => number | undefined | Promise<number | undefined>) {
    this.timer = setInterval(() => void this.sample(), SAMPLE_MS);
  }

  async sample(): Promise<void> {
    const pid = await this.pidNow();
    if (pid === undefined) return;
    this.peakMegabytes = Math.max(this.peakMegabytes, peakMegabytesOf(pid));
    // The name before may hold spaces; after it, the 12th and 13th fields are the time in user and in kernel mode.
    const fields = procFile(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    if (Number.isFinite(ticks)) this.ticks.set(pid, Math.max(ticks, this.ticks.get(pid) ?? 0));
  }

  /** So far. */
  async cpuSeconds(): Promise<number> {
    await this.sample();
    return [...this.ticks.values()].reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
  }

  async stop(): Promise<Usage> {
    clearInterval(this.timer);
    return { cpuSeconds: await this.cpuSeconds(), peakMegabytes: Math.round(this.peakMegabytes) };
  }
}
