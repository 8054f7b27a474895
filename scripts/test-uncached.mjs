/** `npm run test:uncached [-- files]`: the tests with workers that keep no workflow in memory. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
const args = [vitest, 'run', ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, TEST_UNCACHED: '1' } });
child.once('exit', (code) => (process.exitCode = code ?? 1));
