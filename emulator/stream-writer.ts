/** The bytes of a stream on their way to its reader, with the faults that count bytes. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamFault } from './faults';

export class StreamWriter {
  /** Whether a fault has shown. */
  isShown = false;
  private bytes = 0;

  constructor(
    private readonly reply: ServerResponse,
    private readonly fault: StreamFault | undefined,
    private readonly gone: AbortSignal,
  ) {}

  /** Writes all of it, when the reader has taken what came before. False where the fault wants a cut in it. */
  async write(data: string | Buffer): Promise<boolean> {
    const bytes = Buffer.from(data);
    if (this.fault?.kind === 'stream_drip') return this.drip(bytes, this.fault);
    const mostBytes = this.fault?.kind === 'stream_cut_at_byte' ? this.fault.bytes : Infinity;
    const isCut = this.bytes + bytes.length > mostBytes;
    await this.push(isCut ? bytes.subarray(0, mostBytes - this.bytes) : bytes);
    this.isShown ||= isCut;
    return !isCut;
  }

  private async drip(bytes: Buffer, fault: { bytes: number; everyMs: number }): Promise<boolean> {
    this.isShown = true;
    for (let at = 0; at < bytes.length && !this.gone.aborted; at += fault.bytes) {
      await this.push(bytes.subarray(at, at + fault.bytes));
      await sleep(fault.everyMs, undefined, { signal: this.gone }).catch(() => undefined);
    }
    return true;
  }

  private async push(bytes: Buffer): Promise<void> {
    this.bytes += bytes.length;
    if (bytes.length === 0 || this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.gone.removeEventListener('abort', done);
        resolve();
      };
      // A write to a reader that has gone may never be called done.
      this.gone.addEventListener('abort', done);
      this.reply.write(bytes, done);
    });
  }
}
