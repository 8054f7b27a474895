/** How a person calls this program again, to copy and paste. */
import { basename } from 'node:path';

/**
 * `durable-responses task wait ID` where it is installed, `npm run -s cli -- task wait ID` in its own repository.
 *
 * @param program The path it was called by.
 */
export function again(words: string[], program = process.argv[1] ?? ''): string {
  const installed = basename(program) !== 'cli.js';
  return [installed ? 'durable-responses' : 'npm run -s cli --', ...words].join(' ');
}
