/** `npm run check`: everything but the tests, side by side; each says what it has to say when it is done. */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';

const CHECKS = ['lint', 'format:check', 'types', 'docs:check', 'supply:check'];

/** Gives whether it passed. */
function check(name) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '-s', name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => said.push(piece));
    child.once('error', reject);
    child.once('close', (code) => {
      process.stdout.write(`== ${name}: ${code === 0 ? 'ok' : `exit code ${code}`}\n${Buffer.concat(said)}`);
      resolve(code === 0);
    });
  });
}

const passed = await Promise.all(CHECKS.map(check));
process.exitCode = passed.every(Boolean) ? 0 : 1;
