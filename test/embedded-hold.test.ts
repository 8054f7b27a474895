import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectClient } from '../src/connection';
import type { Config } from '../src/config';
import { embeddedFiles, holdEmbedded, readEmbedded, type EmbeddedHold } from '../src/embedded';
import { SEARCH_ATTRIBUTES } from '../src/names';
import { embeddedConfig, eventually, processesNaming, temporaryFolder } from './helpers/embedded';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let config: Config;
let holds: EmbeddedHold[];

beforeEach(async () => {
  folder = await temporaryFolder();
  config = await embeddedConfig(folder.path);
  holds = [];
});
afterEach(async () => {
  await Promise.all(holds.map((held) => held.release()));
  // Whatever a test did, and however it failed: no process stays behind.
  expect(await processesNaming(config.dataDir)).toEqual([]);
  await folder.remove();
});

async function hold(more: Partial<Parameters<typeof holdEmbedded>[1]> = {}): Promise<EmbeddedHold> {
  const held = await holdEmbedded(config, { temporal: true, emulator: false, ...more });
  holds.push(held);
  return held;
}

async function record() {
  const found = await readEmbedded(config);
  if (found?.temporalPid === undefined) throw new Error('no embedded server runs');
  return { ...found, temporalPid: found.temporalPid };
}

/** A process of its own that holds the server; resolves when it does. */
async function holderProcess(): Promise<ChildProcess> {
  const script = `
    const { holdEmbedded } = require(${JSON.stringify(resolve('lib/src/embedded/index.js'))});
    holdEmbedded(${JSON.stringify(config)}, { temporal: true, emulator: false }).then(() => console.log('held'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((held) => child.stdout.once('data', held));
  return child;
}

/** Starts a workflow that no worker serves: it stays as it is. */
async function startWorkflow(workflowId: string): Promise<void> {
  const { client, connection } = await connectClient(config);
  try {
    await client.workflow.start('nothing', {
      workflowId,
      taskQueue: 'nobody',
      typedSearchAttributes: Object.values(SEARCH_ATTRIBUTES).map((key) => ({ key, value: workflowId })),
    });
  } finally {
    await connection.close();
  }
}

async function workflowIds(query: string): Promise<string[]> {
  const { client, connection } = await connectClient(config);
  try {
    const ids: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  } finally {
    await connection.close();
  }
}

describe('holders', () => {
  test('given two holders -> then the second joins, the server outlives the first, and after the second nothing is left', async () => {
    const [first, second] = await Promise.all([hold(), hold()]);
    expect(second.temporalAddress).toBe(first.temporalAddress);
    const { pid, temporalPid } = await record();
    await first.release();
    expect(await record()).toMatchObject({ pid, temporalPid });
    await second.release();
    expect(await readEmbedded(config)).toBeUndefined();
    expect(await processesNaming(config.dataDir)).toEqual([]);
    expect(existsSync(embeddedFiles(config.dataDir).record)).toBe(false);
    await second.release();
  });

  test('given a holder killed with -9 -> then the server stops by itself', async () => {
    const child = await holderProcess();
    expect((await processesNaming(config.dataDir)).length).toBeGreaterThanOrEqual(3);
    child.kill('SIGKILL');
    await eventually('nothing runs', async () => (await processesNaming(config.dataDir)).length === 0);
    expect(existsSync(embeddedFiles(config.dataDir).record)).toBe(false);
  });

  test('given a start while the last holder leaves -> then the new one gets a server of its own', async () => {
    const first = await hold();
    const leaving = first.release();
    await hold();
    await leaving;
    expect(await workflowIds('')).toEqual([]);
  });

  test('given two data folders at the same moment -> then two servers, each on its own address', async () => {
    const other = await temporaryFolder();
    const theirs = await embeddedConfig(other.path);
    const options = { temporal: true, emulator: false };
    const [mine, second] = await Promise.all([hold(), holdEmbedded(theirs, options)]);
    expect(second.temporalAddress).not.toBe(mine.temporalAddress);
    await startWorkflow('mine');
    expect((await readEmbedded(theirs))?.temporalAddress).toBe(second.temporalAddress);
    await second.release();
    expect(await processesNaming(theirs.dataDir)).toEqual([]);
    await eventually('listed', async () => (await workflowIds('')).includes('mine'));
    await other.remove();
  });

  test('given Ctrl-C or a closed terminal -> then the keeper stays; given SIGTERM -> then it stops and tells', async () => {
    const lost: string[] = [];
    await hold({ onLost: (reason) => lost.push(reason) });
    const { pid } = await record();
    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGHUP');
    expect(await record()).toMatchObject({ pid });
    process.kill(pid, 'SIGTERM');
    await eventually('the holder is told', () => lost.length === 1);
    expect(lost[0]).toContain('SIGTERM');
    expect(await processesNaming(config.dataDir)).toEqual([]);
  });
});

describe('state', () => {
  test('given a workflow -> then it is there, and found by each search attribute, after a stop and a start', async () => {
    const held = await hold();
    await startWorkflow('kept');
    await held.release();
    await hold();
    for (const name of Object.keys(SEARCH_ATTRIBUTES)) {
      await eventually(`found by ${name}`, async () => (await workflowIds(`${name} = 'kept'`)).includes('kept'));
    }
  });

  test('given the files -> then only their owner may read them', async () => {
    await hold();
    const { record: recordFile, temporalDb, log } = embeddedFiles(config.dataDir);
    for (const path of [recordFile, temporalDb, log]) expect((await stat(path)).mode & 0o077, path).toBe(0);
    expect((await stat(config.dataDir)).mode & 0o077).toBe(0);
  });
});

describe('deaths', () => {
  test('given the Temporal server killed -> then it runs again on the same address with the same state', async () => {
    const notices: string[] = [];
    const held = await hold({ onNotice: (text) => notices.push(text) });
    await startWorkflow('survivor');
    const { temporalPid } = await record();
    process.kill(temporalPid, 'SIGKILL');
    await eventually('ready again', () => notices.some((text) => text.includes('ready again')));
    expect((await record()).temporalAddress).toBe(held.temporalAddress);
    await eventually('listed', async () => (await workflowIds('')).includes('survivor'));
  });

  test('given the keeper killed with -9 -> then the holder is told, and its server does not stay behind', async () => {
    const lost: string[] = [];
    const held = await hold({ onLost: (reason) => lost.push(reason) });
    process.kill((await record()).pid, 'SIGKILL');
    await eventually('the holder is told', () => lost.length === 1);
    expect(await processesNaming(config.dataDir)).toEqual([]);
    await held.release();
    await hold();
  });

  test('given keeper and holder killed with -9 -> then the next start ends the server left behind', async () => {
    const child = await holderProcess();
    const { pid, temporalPid } = await record();
    child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await hold();
    const running = await processesNaming(config.dataDir);
    expect(running).not.toContain(temporalPid);
  });

  test('given a lock and a record of processes that are gone -> then they are replaced', async () => {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    const { lock, record: recordFile } = embeddedFiles(config.dataDir);
    const gone = spawn('true');
    await new Promise((ended) => gone.once('exit', ended));
    await writeFile(lock, String(gone.pid));
    const stale = { pid: gone.pid, controlPort: 1, token: 'x'.repeat(64), temporalPid: process.pid };
    await writeFile(recordFile, JSON.stringify(stale));
    expect(await readEmbedded(config)).toBeUndefined();
    await hold();
    expect(existsSync(lock)).toBe(false);
    expect(await readFile(recordFile, 'utf8')).not.toContain('xxxx');
  });

  test('given a server that cannot start -> then an error that names the log, and nothing is left', async () => {
    const broken = hold({ serverArgs: ['--no-such-flag'] });
    await expect(broken).rejects.toMatchObject({
      hint: expect.stringContaining(join(config.dataDir, 'embedded.log')) as string,
    });
    expect(await readEmbedded(config)).toBeUndefined();
  });
});
