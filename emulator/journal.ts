/** An append-only file, one JSON entry a line, written before an answer is sent: a kill loses nothing that was told. */
import { closeSync, existsSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

const CHUNK_BYTES = 1 << 20;

/** Lines of a file that may be larger than the longest string of Node. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const decoder = new StringDecoder('utf8');
  try {
    let rest = '';
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, size))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    yield rest;
  } finally {
    closeSync(file);
  }
}

export class Journal {
  private readonly file: number;
  private isOpen = true;

  /** Opens or creates the file. Call `replay` before the first `write`. */
  constructor(private readonly path: string) {
    mkdirSync(dirname(path), { recursive: true });
    const existed = existsSync(path);
    // Requests may hold secrets of their tools.
    this.file = openSync(path, 'a', 0o600);
    // Ends a line that a kill has cut, so that the next entry is whole.
    if (existed) writeSync(this.file, '\n');
  }

  /** Every entry so far. A line that was cut is passed over: its request got no answer. */
  *replay(): Generator<unknown> {
    for (const line of linesOf(this.path)) {
      if (line === '') continue;
      let entry: unknown;
      try {
        entry = JSON.parse(line);
      } catch {
        continue;
      }
      yield entry;
    }
  }

  /** Nothing after `close`: another emulator may have the file by then. */
  write(entry: unknown): void {
    if (this.isOpen) writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.isOpen) closeSync(this.file);
    this.isOpen = false;
  }
}
