/** A small disk of one's own, to be filled. Linux, and a user who may mount. */
import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk {
  path: string;
  /** Takes all the room that is left. */
  fill(): void;
  empty(): void;
  close(): Promise<void>;
}

/** Null where mounting is not allowed. */
export async function smallDisk(megabytes: number): Promise<SmallDisk | null> {
  const path = mkdtempSync(join(tmpdir(), 'durable-responses-disk-'));
  const filler = join(path, 'filler');
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  } catch {
    rmSync(path, { recursive: true, force: true });
    return null;
  }
  return {
    path,
    fill: () => fillUp(filler),
    empty: () => rmSync(filler, { force: true }),
    close: async () => {
      await run('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** In ever smaller pieces, until not a page is left. */
function fillUp(filler: string): void {
  const file = openSync(filler, 'a');
  for (let piece: Buffer = Buffer.alloc(1 << 20); piece.length >= 4096;) {
    try {
      writeSync(file, piece);
    } catch {
      piece = piece.subarray(0, piece.length / 2);
    }
  }
  closeSync(file);
}
