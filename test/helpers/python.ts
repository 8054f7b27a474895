/**
 * Python packages for tests, installed once with pip into the cache. A test that cannot have them fails and says why; it
 * is never skipped.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { run } from '../../src/embedded/processes';

/** 30 MB to download; the first run only. */
const INSTALL_MS = 170_000;
const PYTHONS = ['python3', 'python'];

/** With pip's own word for it where it failed. */
async function install(requirements: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  const what = ['--target', partial, '--no-deps', '--only-binary', ':all:', '--no-compile', '-r', requirements];
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '1', '--timeout', '15'];
  const tried: string[] = [];
  for (const python of PYTHONS) {
    const { code, problem, stderr } = await run(python, ['-m', 'pip', 'install', ...what, ...quiet], INSTALL_MS);
    if (code === 0) {
      // Whole or not at all; who was quicker made the same.
      await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
      return;
    }
    tried.push(`${python} -m pip: ${problem ?? stderr.trim().split('\n').at(-1)}`);
  }
  throw new Error(`This test needs Python 3.10 or later with pip, and a package index. Tried ${tried.join('; ')}`);
}

/** The folder for `PYTHONPATH`, named after the requirements. @param name Of the folder in the cache. */
export async function installedPackages(requirements: string, name: string): Promise<string> {
  const mark = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(loadConfig().cacheDir, `${name}-${mark}`);
  if (!existsSync(folder)) await install(requirements, folder);
  return folder;
}

/** For a Python program that has those packages and nothing of this machine's settings. */
export const pythonEnvironment = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  PYTHONPATH: folder,
  PYTHONDONTWRITEBYTECODE: '1',
});
