/** `npm start -- --webhook` and `npm run webhook` as processes, and the verbs about what is left upstream. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrphanReport, SweepReport } from '../src/client';
import { eventually, reaching } from './helpers/embedded';
import { newPlace, runNode, stopPlace, type Place, type Running } from './helpers/programs';
import { SECRET } from './helpers/receiver';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start({ DURABLE_RESPONSES_WEBHOOK_PORT: '0' }, ['--webhook']);
});
afterAll(() => stopPlace(place, started));

const RUN = ['--metadata', 'emulator_queued_seconds=0', '--metadata', 'emulator_run_seconds=1'];
const ask = (id: string) =>
  place.cli([
    'task',
    'start',
    '--model',
    'o3',
    '--input',
    'Why?',
    '--id',
    id,
    ...RUN,
    '--poll-intervals',
    '3600',
    '--wait',
  ]);
const runWebhook = (env: Record<string, string>) =>
  runNode([place.program('webhook/main')], { cwd: place.path, env: { ...place.env, ...env } });

describe('npm start -- --webhook', () => {
  test('given no key -> then the emulator tells it, and a task that looks once an hour ends in seconds', async () => {
    expect(started.said()).toMatch(/Webhooks: http:\/\/127\.0\.0\.1:\d+\/webhook/);
    const { code, err, seconds } = await ask('told');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('told: completed') as string });
    expect(seconds).toBeLessThan(20);
  });

  test('given an option that it does not have -> then exit 2', async () => {
    const { code, err } = await runNode([place.program('start'), '--web'], { cwd: place.path, env: place.env }).ended;
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('Known: --webhook') as string });
  });
});

describe('npm run webhook', () => {
  test('given a key and no secret -> then exit 2, and the variable is named', async () => {
    const { code, err } = await runWebhook({ OPENAI_API_KEY: 'sk-test' }).ended;
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('OPENAI_WEBHOOK_SECRET: not set') as string,
    });
  });

  test('given a port that is in use -> then exit 2, and the variable is named', async () => {
    const port = /:(\d+)\/webhook/.exec(started.said())?.[1] ?? '';
    const { code, err } = await runWebhook({ DURABLE_RESPONSES_WEBHOOK_PORT: port }).ended;
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`) as string,
    });
  });

  test('given no Temporal server -> then exit 3', async () => {
    const env = { OPENAI_API_KEY: 'sk-test', OPENAI_WEBHOOK_SECRET: SECRET, ...reaching({ address: '127.0.0.1:1' }) };
    expect((await runWebhook(env).ended).code).toBe(3);
  });

  test('given the emulator of another process -> then it takes over its webhooks, and SIGTERM ends it with 0', async () => {
    const alone = runWebhook({ DURABLE_RESPONSES_WEBHOOK_PORT: '0', OPENAI_WEBHOOK_SECRET: SECRET });
    await eventually('it listens', () => alone.said().includes('Webhooks: '));
    expect((await ask('told-by-it')).code).toBe(0);
    alone.child.kill('SIGTERM');
    const { code, err } = await alone.ended;
    expect(code).toBe(0);
    expect(err).toContain('"told":1');
    expect(err).not.toContain('whsec_');
  });
});

describe('what is left upstream', () => {
  test('given nothing was terminated or lost -> then sweep and orphans say so and exit with 0', async () => {
    const swept = await place.cli(['sweep', '--json']);
    expect(swept.code).toBe(0);
    expect(JSON.parse(swept.out) as SweepReport).toMatchObject({ cancelled: false, leftovers: [], truncated: false });
    const found = await place.cli(['orphans', '--json']);
    expect(found.code).toBe(0);
    expect(JSON.parse(found.out) as OrphanReport).toMatchObject({ orphans: [], unread: [] });
    expect((await place.cli(['sweep'])).err).toContain('Nothing of theirs is left upstream.');
    expect((await place.cli(['orphans'])).err).toContain('Every create was answered.');
  });

  test('given bounds that are none -> then exit 2', async () => {
    expect((await place.cli(['sweep', '--limit', '0'])).code).toBe(2);
    expect((await place.cli(['orphans', '--since-hours', '-1'])).code).toBe(2);
  });
});
