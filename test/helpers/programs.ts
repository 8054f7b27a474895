/** The compiled programs, run as people run them: in a folder of their own, with nothing of this machine's settings. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord } from '../../src/embedded/record';
import { temporalCliPath } from './binaries';
import { expect } from 'vitest';
import { CACHE } from './cache';
import { endedWithFile } from './children';
import { eventually, processesNaming, temporaryFolder } from './embedded';

type Program = 'cli' | 'start' | 'webhook/main' | 'codec-server/main' | '../emulator/main';

const program = (name: Program): string => join(__dirname, '..', '..', 'lib', 'src', `${name}.js`);

export interface Ran {
  code: number | null;
  out: string;
  err: string;
  seconds: number;
}

/** A program that runs. */
export interface Running {
  child: ChildProcess;
  /** Its stderr so far. */
  said: () => string;
  ended: Promise<Ran>;
}

export interface Place {
  path: string;
  dataDir: string;
  env: Record<string, string>;
  /** The compiled file of a program. */
  program(name: Program): string;
  cli(args: string[], env?: Record<string, string>): Promise<Ran>;
  /** As `cli`, and returns at once. */
  begin(args: string[], env?: Record<string, string>): Running;
  /** `npm start`; returns when its worker runs. */
  start(env?: Record<string, string>, args?: string[]): Promise<Running>;
  remove(): Promise<void>;
}

/** Runs a Node program; `input` goes to its stdin. */
export function runNode(
  args: string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Running {
  const began = Date.now();
  const child = endedWithFile(spawn(process.execPath, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' }));
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const ended = once(child, 'close').then(([code]) => {
    return { code: code as number | null, out, err, seconds: (Date.now() - began) / 1000 };
  });
  return { child, said: () => err, ended };
}

/** The end of what the embedded servers wrote: why one of them ended stands there only. */
function logOf(path: string): string {
  const file = join(path, 'data', 'embedded.log');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-4_000) : '';
}

async function startIn(
  place: Pick<Place, 'path' | 'env'>,
  env: Record<string, string> = {},
  args: string[] = [],
): Promise<Running> {
  const running = runNode([program('start'), ...args], { cwd: place.path, env: { ...place.env, ...env } });
  await eventually('the worker of `npm start` runs', () => {
    if (running.child.exitCode !== null) throw new Error(`npm start ended: ${running.said()}\n${logOf(place.path)}`);
    return running.said().includes('Worker on ');
  });
  return running;
}

/** A new folder with a data folder in it; `remove` deletes it. */
export async function newPlace(): Promise<Place> {
  const { path, remove } = await temporaryFolder();
  const dataDir = join(path, 'data');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path,
    DURABLE_RESPONSES_DATA_DIR: dataDir,
    TEMPORAL_CLI_PATH: await temporalCliPath(),
    ...CACHE.env,
  };
  const begin: Place['begin'] = (args, more) =>
    runNode([program('cli'), ...args], { cwd: path, env: { ...env, ...more } });
  const cli: Place['cli'] = (args, more) => begin(args, more).ended;
  return { path, dataDir, env, program, begin, cli, start: (more, args) => startIn({ path, env }, more, args), remove };
}

/** Ends `npm start` as Ctrl-C does, sees that nothing of the place still runs, and removes it. */
export async function stopPlace(place: Place, { child, ended }: Running): Promise<void> {
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(await processesNaming(place.path), 'nothing is left running').toEqual([]);
  await place.remove();
}

/** The emulator that runs in a place: its base URL, and the one of its ledger. */
export async function emulatorOf({ dataDir }: Place): Promise<{ url: string; ledgerUrl: string }> {
  const url = (await readRecord(dataDir))?.emulatorUrl;
  if (url === undefined) throw new Error('no emulator runs');
  return { url, ledgerUrl: url.replace(/\/v1$/, '/emulator/ledger') };
}
