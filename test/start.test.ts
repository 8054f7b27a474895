/** `npm start` as a process: what it says, two of them, Ctrl-C, and what is left behind. */
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
