/** `npm start` as a process: what it says, two of them, Ctrl-C, and what is left behind. */
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../emulator';
import { eventually, processesNaming, reaching } from './helpers/embedded';
import { emulatorOf, newPlace, runNode, type Place, type Running } from './helpers/programs';

let place: Place;
let running: Running[] = [];

beforeEach(async () => {
  place = await newPlace();
  running = [];
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGINT');
  await Promise.all(running.map(({ ended }) => ended));
  expect(await processesNaming(place.path), 'nothing is left running').toEqual([]);
  await place.remove();
});

async function start(env?: Record<string, string>): Promise<Running> {
  const started = await place.start(env);
  running.push(started);
  return started;
}

const creates = async () => ((await (await fetch((await emulatorOf(place)).ledgerUrl)).json()) as Ledger).creates;

const interrupted = async ({ child, ended }: Running) => {
  child.kill('SIGINT');
  return ended;
};

/** Takes connections and never says a word: whoever calls waits. */
async function silence(): Promise<{ address: string; called: () => boolean; end: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, called: () => sockets.length > 0, end };
}

/** A program of the place that has not got to its worker. */
function begin(path: string, env: Record<string, string>): Running {
  const begun = runNode([path], { cwd: place.path, env: { ...place.env, ...env } });
  running.push(begun);
  return begun;
}

/** Ends it as a terminal or a service manager does, twice: npm passes on what the terminal has sent already. */
async function stopped({ child, ended }: Running, signal: 'SIGINT' | 'SIGTERM') {
  const atMs = Date.now();
  child.kill(signal);
  child.kill(signal);
  const { code, err } = await ended;
  return { code, said: err, seconds: (Date.now() - atMs) / 1000 };
}

describe('told to stop before its worker runs', () => {
  const DEMO = join(__dirname, '..', 'lib', 'examples', 'demo.js');

  it.each([
    ['npm start', () => place.program('start'), 0],
    // It has not shown what it is for.
    ['npm run demo', () => DEMO, 1],
  ])(
    'given Ctrl-C to %s during a download -> then it ends soon, and nothing of the download is left',
    async (_, path, code) => {
      const proxy = await silence();
      const cache = join(place.path, 'cache');
      const nothing = { TEMPORAL_CLI_PATH: '', PATH: '/nowhere', DURABLE_RESPONSES_CACHE_DIR: cache };
      const begun = begin(path(), { ...nothing, HTTPS_PROXY: `http://${proxy.address}` });
      try {
        await eventually('it downloads', proxy.called);
        expect(await readdir(cache)).toEqual([expect.stringMatching(/^\.new-/)]);
        const end = await stopped(begun, 'SIGINT');
        expect(end).toMatchObject({
          code,
          said: expect.stringMatching(/SDK download.*\n(.*\n)*Stopping\.\n$/) as string,
        });
        expect(end.seconds).toBeLessThan(3);
        expect(await processesNaming(place.path)).toEqual([]);
        expect(await readdir(cache)).toEqual([]);
      } finally {
        proxy.end();
      }
    },
  );

  it('given SIGTERM while its own server is not ready -> then it ends soon, and so does the server', async () => {
    const path = join(place.path, 'temporal');
    // It says its version, and as a server it opens no port.
    await writeFile(path, '#!/bin/sh\n[ "$1" = --version ] && exit 0\nwhile :; do sleep 1; done\n', { mode: 0o755 });
    const begun = begin(place.program('start'), { TEMPORAL_CLI_PATH: path });
    await eventually('the server is there', async () => (await processesNaming(`${path}\0server`)).length > 0);
    const { code, said, seconds } = await stopped(begun, 'SIGTERM');
    expect({ code, said }).toEqual({ code: 0, said: expect.not.stringContaining('Worker on') as string });
    expect(seconds).toBeLessThan(5);
    expect(await processesNaming(place.path)).toEqual([]);
  });

  it('given Ctrl-C while its configured server does not answer -> then it ends soon', async () => {
    const server = await silence();
    const begun = begin(place.program('start'), { ...reaching(server), OPENAI_API_KEY: 'sk-test' });
    try {
      await eventually('it connects', server.called);
      const { code, said, seconds } = await stopped(begun, 'SIGINT');
      expect({ code, said }).toEqual({ code: 0, said: 'Stopping.\n' });
      expect(seconds).toBeLessThan(3);
    } finally {
      server.end();
    }
  });
});

describe('npm start', () => {
  it('nothing configured -> own server, emulator and worker, and says that answers are synthetic', async () => {
    const { said } = await start();
    expect(said()).toContain('No OPENAI_API_KEY: using the local emulator, answers are synthetic.');
    expect(said()).toMatch(/Web UI: http:\/\/127\.0\.0\.1:\d+/);
    expect(said()).toMatch(/Worker on 127\.0\.0\.1:\d+, task queue "durable-responses"\. Ctrl-C stops it/);
    const doctor = await place.cli(['doctor']);
    expect({ code: doctor.code, out: doctor.out }).toEqual({
      code: 0,
      out: expect.not.stringContaining('BAD') as string,
    });
    expect(doctor.out).toContain('(synthetic answers): reachable, key accepted');
  });

  it('started twice -> the second joins the same servers, and either may go first', async () => {
    const first = await start();
    const second = await start();
    const address = (text: string) => /Worker on (\S+),/.exec(text)?.[1];
    expect(address(second.said())).toBe(address(first.said()));
    expect((await interrupted(first)).code).toBe(0);
    const { code, out } = await place.cli(['task', 'start', '--model', 'o3', '--input', 'Still there?', '--wait']);
    expect(code).toBe(0);
    expect(out).not.toBe('');
    expect((await interrupted(second)).code).toBe(0);
    expect(await processesNaming(place.path)).toEqual([]);
  });

  it('Ctrl-C in the middle of a task -> exit 0 soon; started again, the task ends with one create', async () => {
    const first = await start();
    const words = [
      '--model',
      'o3',
      '--input',
      'A long run.',
      '--metadata',
      'emulator_run_seconds=5',
      '--poll-intervals',
      '1',
    ];
    await place.cli(['task', 'start', '--id', 'long', ...words]);
    await eventually('it is created', async () => (await creates()).length === 1);
    const atMs = Date.now();
    expect((await interrupted(first)).code).toBe(0);
    expect(Date.now() - atMs).toBeLessThan(10_000);
    expect(await processesNaming(place.path)).toEqual([]);
    await start();
    const { code, err } = await place.cli(['task', 'wait', 'long']);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('long: completed') as string });
    expect((await creates()).map(({ metadata }) => metadata.task_id)).toEqual(['long']);
  });

  it('SIGTERM, as a service manager sends it -> exit 0', async () => {
    const { child, ended } = await start();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('a wrong setting -> exit 2, names the variable, starts nothing', async () => {
    const env = { ...place.env, DURABLE_RESPONSES_MAX_ACTIVITIES: 'many' };
    const { code, err } = await runNode([place.program('start')], { cwd: place.path, env }).ended;
    expect(code).toBe(2);
    expect(err).toContain('DURABLE_RESPONSES_MAX_ACTIVITIES');
  });

  it('a server that is not there -> exit 3 within 10 s, names its address', async () => {
    const env = { ...place.env, ...reaching({ address: '127.0.0.1:1' }), OPENAI_API_KEY: 'sk-test' };
    const { code, err, seconds } = await runNode([place.program('start')], { cwd: place.path, env }).ended;
    expect(code).toBe(3);
    expect(err).toContain('No answer from the Temporal server at 127.0.0.1:1');
    expect(seconds).toBeLessThan(10);
  });
});
