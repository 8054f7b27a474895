/** Where this package's own helper programs are. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UnreachableError } from '../errors';

/**
 * The compiled file of a helper program of this folder. Run from source (tests), it is the one that `npm run build`
 * made, since Node cannot run TypeScript.
 */
export function helperProgram(name: 'keeper-main' | 'download-main'): string {
  const places = [join(__dirname, `${name}.js`), join(__dirname, '..', '..', 'lib', 'src', 'embedded', `${name}.js`)];
  const found = places.find((path) => existsSync(path));
  if (found === undefined)
    throw new UnreachableError(`Not built: ${name}.js is missing.`, 'Run `npm run build` first.');
  return found;
}
