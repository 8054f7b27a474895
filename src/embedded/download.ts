/** The SDK's own download of a server program. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pin } from './pins';
import { run } from './processes';
import { helperProgram } from './programs';

/** 45 MB: a minute is enough at 6 Mbit/s; slower lines are served by the next way. No network fails at once. */
const DOWNLOAD_TIMEOUT_MS = 60_000;
/** Far below the size of any server, far above an error page or a note that the SDK leaves beside it. */
const SMALLEST_PROGRAM_BYTES = 5_000_000;

/**
 * Downloads into `folder` (which must be empty) and returns the path of the program.
 *
 * @throws Error saying why, in one line.
 */
export async function downloadWithSdk(
  pin: Pin,
  folder: string,
  signal?: AbortSignal,
  timeoutMs = DOWNLOAD_TIMEOUT_MS,
): Promise<string> {
  const args = [helperProgram('download-main'), pin.program, folder];
  const result = await run(process.execPath, args, timeoutMs, { signal });
  if (result.code !== 0) throw new Error(`download by the SDK: ${result.problem ?? lastCause(result.stderr)}`);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { size, mode } = await stat(path);
    if (size >= SMALLEST_PROGRAM_BYTES && (process.platform === 'win32' || mode & 0o100)) return path;
  }
  throw new Error('download by the SDK: it ended well and left no program');
}

/** The SDK repeats its URL twice before the cause, which stands last. */
function lastCause(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const url = /https?:\/\/[^\s?)]+/.exec(line)?.[0];
  const cause = line.split('): ').at(-1) || 'failed without a message';
  return url === undefined ? cause : `${url}: ${cause}`;
}
