/** The programs with the embedded server: keys are there, can be changed, and are needed. For what it keeps: `canaries.test.ts`. */
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test as base } from 'vitest';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { run } from '../src/embedded/processes';
import { readRecord } from '../src/embedded/record';
import { eventually, processesNaming } from './helpers/embedded';
import { storedOn, strangersClient, unpacked } from '../chaos/checks/stored';
import { newPlace, runNode, type Place, type Ran, type Running } from './helpers/programs';

/** A folder with what runs in it; nothing is left running at its end. */
interface Home {
  place: Place;
  start: (env?: Record<string, string>) => Promise<void>;
  stop: () => Promise<void>;
  /** Starts a task with the canary as its prompt. */
  ask: (id: string, words: string[], env?: Record<string, string>) => Promise<Ran>;
  /** Also on a machine so slow that the worker that was just started answers nobody yet (exit 3). */
  waitedFor: (id: string, env?: Record<string, string>) => Promise<Ran>;
  addressNow: () => Promise<string>;
}

const PROMPT = 'canaryprompt7f3e';
const QUICK = ['--metadata', 'emulator_queued_seconds=0', '--metadata', 'emulator_run_seconds=0'];

async function newHome(): Promise<Home> {
  const place = await newPlace();
  let running: Running | undefined;
  return {
    place,
    start: async (env) => void (running = await place.start(env)),
    stop: async () => {
      running?.child.kill('SIGINT');
      await running?.ended;
      running = undefined;
    },
    ask: (id, words, env) =>
      place.cli(['task', 'start', '--model', 'o3', '--input', PROMPT, '--id', id, ...words], env),
    waitedFor: async (id, env) => {
      let waited = await place.cli(['task', 'wait', id], env);
      for (let more = 4; waited.code === 3 && more > 0; more--) waited = await place.cli(['task', 'wait', id], env);
      return waited;
    },
    addressNow: async () => (await readRecord(place.dataDir))?.temporalAddress ?? '',
  };
}

// They wait more than they work, so those of a group wait side by side.
const test = base.extend<{ home: Home }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from its parameter
  home: async ({}, use) => {
    const home = await newHome();
    await use(home);
    await home.stop();
    expect(await processesNaming(home.place.path), 'nothing is left running').toEqual([]);
    await home.place.remove();
  },
}).concurrent;

describe('keys', () => {
  const pair = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

  test('given tasks of a time without encryption -> then they are read and go on with it', async ({
    home: { place, start, stop, ask, waitedFor },
  }) => {
    const off = { DURABLE_RESPONSES_ENCRYPTION: 'off' };
    await start(off);
    await ask('before', [...QUICK, '--wait'], off);
    await ask('across', ['--poll-intervals', '1', '--metadata', 'emulator_run_seconds=15'], off);
    await stop();
    await start();
    expect((await place.cli(['task', 'result', 'before'])).out).toContain(PROMPT);
    const across = await waitedFor('across');
    expect(across).toMatchObject({ code: 0, err: expect.stringContaining('across: completed') as string });
    expect((await place.cli(['task', 'list', '--json'])).code).toBe(0);
  });

  test('given the first start -> then a key of the folder that only its owner reads, the same for all and later', async ({
    home: { place, start, stop, ask },
  }) => {
    const [, second] = await Promise.all([start(), place.start()]);
    const path = join(place.dataDir, 'encryption.keys');
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^#[^\n]*\nlocal-[0-9a-f]{6}:[A-Za-z0-9+/]{43}=\n$/);
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
    expect((await ask('one', [...QUICK, '--wait'])).code).toBe(0);
    second.child.kill('SIGINT');
    await second.ended;
    await stop();
    await start();
    expect(await readFile(path, 'utf8')).toBe(text);
    expect((await place.cli(['task', 'result', 'one'])).out).toContain(PROMPT);
    expect((await place.cli(['doctor'])).out).toMatch(/ok +encryption: on, with the key "local-[0-9a-f]{6}"/);
  });

  test('given a new key in front of the old one while a task runs -> then it ends, and its result is read', async ({
    home: { place, start, stop, ask, waitedFor, addressNow },
  }) => {
    const statusOf = (id: string, env: Record<string, string>) => place.cli(['task', 'status', id, '--json'], env);
    const [k1, k2] = [pair('k1'), pair('k2')];
    const before = { DURABLE_RESPONSES_ENCRYPTION_KEYS: k1 };
    const rotated = { DURABLE_RESPONSES_ENCRYPTION_KEYS: `${k2},${k1}` };
    await start(before);
    // Long enough for a slow machine to start everything again.
    const asked = await ask('across', ['--poll-intervals', '1', '--metadata', 'emulator_run_seconds=25'], before);
    expect(asked).toMatchObject({ code: 0 });
    await eventually('it is created', async () => /"responseId": ?"resp_/.test((await statusOf('across', before)).out));
    await stop();
    await start(rotated);
    const waited = await waitedFor('across', rotated);
    expect(waited).toMatchObject({ code: 0, err: expect.stringContaining('across: completed') as string });
    expect((await place.cli(['task', 'result', 'across'], rotated)).out).toContain(PROMPT);
    const client = await strangersClient(await addressNow());
    const stored = await storedOn(client);
    await client.connection.close();
    const used = new Set([...stored.matchAll(/"encryption-key-id": ?"([^"]+)"/g)].map(([, id]) => atob(id ?? '')));
    expect([...used].sort()).toEqual(['k1', 'k2']);
    const withoutOld = await place.cli(['task', 'result', 'across'], { DURABLE_RESPONSES_ENCRYPTION_KEYS: k2 });
    expect(withoutOld).toMatchObject({
      code: 2,
      err: expect.stringContaining('The encryption key "k1" is missing') as string,
    });
    expect(withoutOld.out + withoutOld.err).not.toContain(PROMPT);
  }, 120_000);
});

describe('the Web UI', () => {
  /** Payloads of a task's input, as the server gives them to the UI. */
  async function inputOf(address: string, id: string): Promise<unknown[]> {
    const client = await strangersClient(address);
    const { events } = JSON.parse(historyToJSON(await client.workflow.getHandle(id).fetchHistory())) as {
      events: { workflowExecutionStartedEventAttributes?: { input: { payloads: unknown[] } } }[];
    };
    await client.connection.close();
    return events[0]?.workflowExecutionStartedEventAttributes?.input.payloads ?? [];
  }

  test('given the embedded one -> then it knows where to have payloads decoded, and only its own pages may', async ({
    home: { place, start, stop, ask, addressNow },
  }) => {
    await start();
    await ask('seen', [...QUICK, '--wait']);
    const { uiUrl = '', codecEndpoint = '' } = (await readRecord(place.dataDir)) ?? {};
    const settings = (await (await fetch(`${uiUrl}/api/v1/settings`)).json()) as { Codec: { Endpoint: string } };
    expect(settings.Codec.Endpoint).toBe(codecEndpoint);
    expect(codecEndpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
    const payloads = await inputOf(await addressNow(), 'seen');
    const decode = async (endpoint: string, origin: string) => {
      const headers = { 'content-type': 'application/json', 'x-namespace': 'default', origin };
      const reply = await fetch(`${endpoint}/decode`, { method: 'POST', headers, body: JSON.stringify({ payloads }) });
      return {
        status: reply.status,
        text: (await reply.text()).replace(/"data":"([^"]*)"/g, (_, data: string) => atob(data)),
      };
    };
    expect(await decode(codecEndpoint, uiUrl)).toEqual({
      status: 200,
      text: expect.stringContaining(PROMPT) as string,
    });
    expect(await decode(codecEndpoint, 'https://evil.example')).toEqual({ status: 403, text: '' });
    expect(await decode(new URL(codecEndpoint).origin, uiUrl)).toEqual({ status: 401, text: '' });
    await stop();
    await expect(decode(codecEndpoint, uiUrl), 'it ends with the server').rejects.toThrow('fetch failed');
    const logs = await readFile(join(place.dataDir, 'embedded.log'), 'utf8');
    expect(logs).not.toContain(new URL(codecEndpoint).pathname.slice(1));
    expect(logs).not.toContain(PROMPT);
  });

  test('given `npm run codec-server` -> then the `temporal` program shows plain text through it', async ({
    home: { place, start, ask, addressNow },
    onTestFinished,
  }) => {
    const env = { DURABLE_RESPONSES_CODEC_PORT: '0' };
    await start();
    await ask('seen', [...QUICK, '--wait']);
    const server = runNode([place.program('codec-server/main')], { cwd: place.path, env: { ...place.env, ...env } });
    onTestFinished(() => void server.child.kill('SIGKILL'));
    await eventually('the codec server listens', () => server.said().includes('Codec endpoint'));
    const token = (await readFile(join(place.dataDir, 'codec.token'), 'utf8')).trim();
    expect(server.said()).toContain('Codec server of http://127.0.0.1:');
    expect(server.said()).not.toContain(token);
    const url = /http:\/\/127\.0\.0\.1:\d+(?=\/\$\(cat)/.exec(server.said())?.[0] ?? '';
    const show = async (...more: string[]) => {
      const words = [
        'workflow',
        'show',
        '--workflow-id',
        'seen',
        '--address',
        await addressNow(),
        '-o',
        'json',
        ...more,
      ];
      return unpacked((await run(place.env.TEMPORAL_CLI_PATH ?? '', words, 20_000)).stdout);
    };
    expect(await show('--codec-endpoint', `${url}/${token}`)).toContain(PROMPT);
    expect(await show('--codec-endpoint', url, '--codec-auth', `Bearer ${token}`)).toContain(PROMPT);
    expect(await show()).not.toContain(PROMPT);
    server.child.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
  });
});

describe('a server of your own', () => {
  const elsewhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

  test.for(['start', 'webhook/main', 'codec-server/main'] as const)(
    'given no key and no word about it -> then %s ends with 2 and names both ways',
    async (program, { home: { place } }) => {
      const env = { OPENAI_API_KEY: 'sk-test', OPENAI_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}` };
      const ran = runNode([place.program(program)], { cwd: place.path, env: { ...place.env, ...elsewhere, ...env } });
      const { code, err } = await ran.ended;
      expect(code).toBe(2);
      expect(err).toContain('DURABLE_RESPONSES_ENCRYPTION_KEYS');
      expect(err).toContain('DURABLE_RESPONSES_ENCRYPTION=off');
    },
  );

  test('given no key -> then the command line ends with 2 and names both ways, also as doctor', async ({
    home: { place },
  }) => {
    for (const words of [['task', 'list'], ['doctor']]) {
      const { code, err } = await place.cli(words, elsewhere);
      expect([code, err]).toEqual([2, expect.stringMatching(/ENCRYPTION_KEYS[^]*ENCRYPTION=off/) as string]);
    }
  });
});
