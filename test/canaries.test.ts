/**
 * Canaries: words that are in one place each (a key, a prompt, an answer, ...) and are then looked for everywhere else, after
 * tasks of all kinds, a batch and a report, run by the programs as people run them. Prints what was found where.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator, type FaultRule } from '../emulator';
import { table } from '../src/cli/output';
import { readRecord } from '../src/embedded/record';
import { eventually, processesNaming } from './helpers/embedded';
import { newPlace, type Place, type Ran, type Running } from './helpers/programs';
import { contentOf, isDatabase, partsStoredOn, strangersClient, type Stored } from '../chaos/checks/stored';

const CANARIES = {
  'API key': 'canarykey7f3e',
  'webhook secret': 'canarywebhook7f3e',
  'MCP token': 'canarytoken7f3e',
  prompt: 'canaryprompt7f3e',
  // What the emulator's answers begin with. The canary of the prompt is too far behind to be quoted in them.
  answer: 'You asked',
  'file name': 'canaryfile7f3e',
  'upstream error': 'canaryupstream7f3e',
  label: 'canarylabel7f3e',
  'cancel reason': 'canaryreason7f3e',
};
type Canary = keyof typeof CANARIES;
const NAMES = Object.keys(CANARIES) as Canary[];

const KEY = `sk-${CANARIES['API key']}00`;
const WEBHOOK_SECRET = `whsec_${CANARIES['webhook secret']}AAAAAAAA`;
const PROMPT = `one two three four five six seven eight nine ten eleven twelve ${CANARIES.prompt}`;

/** Where a canary is meant to be; everywhere else it may not be found once. */
const MEANT: Record<string, Canary[]> = {
  // The answer names the file that was read; `task wait --json` shows the error.
  'stdout of the command line': ['answer', 'file name', 'upstream error'],
  'stderr of the command line': ['upstream error'],
  'results.jsonl': ['answer', 'upstream error'],
  'results.csv': ['answer', 'upstream error'],
  'results.html': ['answer', 'upstream error'],
  'report files': ['answer', 'file name'],
};

/** Upstream quotes what it was sent, as it should not. */
const FAULTS: FaultRule[] = [
  {
    op: 'create',
    task: 'refused',
    do: { kind: 'status', status: 400, message: `${CANARIES['upstream error']}: {credentials} of {key}` },
  },
  { op: 'create', task: 'no-key', do: { kind: 'status', status: 401 } },
  {
    op: 'retrieve',
    task: 'looked-at',
    nth: 1,
    do: { kind: 'status', status: 503, message: 'busy with {credentials}' },
  },
];

const QUICK = ['--metadata', 'emulator_queued_seconds=0', '--metadata', 'emulator_run_seconds=0'];
const MCP_FIELDS = {
  server_label: 's',
  server_url: 'https://mcp.example.org/mcp',
  authorization: 'secret://MCP_TOKEN',
  headers: { 'X-Api-Key': 'Bearer secret://MCP_TOKEN' },
};
const MCP = ['--tool', `mcp:${JSON.stringify(MCP_FIELDS)}`];
const FAILS = {
  emulator_scenario: 'failed',
  emulator_queued_seconds: '0',
  emulator_error_message: `${CANARIES['upstream error']}: the server refused {credentials}`,
};
const pairs = (metadata: Record<string, string>) =>
  Object.entries(metadata).flatMap(([name, value]) => ['--metadata', `${name}=${value}`]);

let place: Place;
let emulator: Emulator;
let running: Running | undefined;
let env: Record<string, string>;
let [out, err, logs] = ['', '', ''];

beforeAll(async () => {
  place = await newPlace();
  emulator = await startEmulator({ faults: FAULTS });
  await mkdir(join(place.path, 'secrets'));
  await writeFile(join(place.path, 'secrets', 'MCP_TOKEN'), `${CANARIES['MCP token']}\n`);
  env = {
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: emulator.url,
    OPENAI_WEBHOOK_SECRET: WEBHOOK_SECRET,
    DURABLE_RESPONSES_WEBHOOK_PORT: '0',
    DURABLE_RESPONSES_LOG_LEVEL: 'DEBUG',
    DURABLE_RESPONSES_SECRETS_DIR: join(place.path, 'secrets'),
  };
});
afterAll(async () => {
  await stop();
  await emulator.close();
  expect(await processesNaming(place.path), 'nothing is left running').toEqual([]);
  await place.remove();
});

async function start(more: Record<string, string> = {}): Promise<void> {
  running = await place.start({ ...env, ...more }, ['--webhook']);
  const url = /Webhooks: (\S+)/.exec(running.said())?.[1] ?? '';
  await emulator.setWebhooks([{ url, secret: WEBHOOK_SECRET }]);
}

async function stop(): Promise<void> {
  running?.child.kill('SIGINT');
  const ended = await running?.ended;
  logs += `${ended?.out ?? ''}${ended?.err ?? ''}`;
  running = undefined;
}

/** Runs a command, and keeps what it says. */
async function cli(...words: string[]): Promise<Ran> {
  const ran = await place.cli(words, env);
  out += ran.out;
  err += ran.err;
  return ran;
}

const ask = (id: string, ...words: string[]) =>
  cli('task', 'start', '--model', 'o3', '--input', PROMPT, '--id', id, ...words);

const createsOf = (id: string) => emulator.ledger().creates.filter(({ metadata }) => metadata.task_id === id).length;

/** Written down for a batch: one item answers, one fails. */
async function batchFile(): Promise<string> {
  const tools = [{ type: 'mcp', ...MCP_FIELDS }];
  const quick = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
  const items = [quick, { ...FAILS, ...quick, emulator_scenario: 'failed' }].map((metadata) =>
    JSON.stringify({ model: 'o3', input: PROMPT, tools, metadata }),
  );
  await writeFile(join(place.path, 'batch.jsonl'), items.join('\n'));
  return 'batch.jsonl';
}

async function runTasks(): Promise<void> {
  const file = `${CANARIES['file name']}.csv`;
  await writeFile(join(place.path, file), 'a,b\n1,2\n');
  const files = ['--tool', 'code_interpreter', '--file', file, '--label', `topic=${CANARIES.label}`];
  const answered = await ask('answered', ...QUICK, ...files, ...MCP, '--wait');
  expect(answered.code, answered.err).toBe(0);
  expect(answered.out).toContain(CANARIES.answer);
  const looking = ['--poll-intervals', '1', '--metadata', 'emulator_run_seconds=2', '--wait'];
  expect((await ask('looked-at', ...looking, ...MCP)).code).toBe(0);
  expect((await ask('told', '--metadata', 'emulator_run_seconds=1', '--watch', 'webhook', '--wait')).code).toBe(0);
  const slow = ['--metadata', 'emulator_scenario=slow'];
  await ask('cancelled', ...slow);
  await cli('task', 'cancel', 'cancelled', '--reason', CANARIES['cancel reason']);
  await cli('task', 'wait', 'cancelled');
  const refused = await ask('refused', ...QUICK, ...MCP, '--wait');
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(CANARIES['upstream error']) as string });
  expect(await ask('no-key', ...QUICK, '--wait')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Incorrect API key provided: ***.') as string,
  });
  await ask('running', ...slow);
}

async function runBatchAndReport(): Promise<void> {
  expect((await cli('batch', 'start', await batchFile(), '--id', 'batch', '--wait')).code).toBe(1);
  for (const format of ['jsonl', 'csv']) await cli('batch', 'results', 'batch', '--out', `results.${format}`);
  await cli('batch', 'results', 'batch', '--html', 'results.html', '--out', 'again.jsonl');
  const source = `${CANARIES['file name']}.md`;
  await writeFile(join(place.path, source), 'A source.\n');
  const words = ['--title', 'A report', '--source', source, '--instructions', PROMPT, '--out', 'report'];
  const made = await cli('report', 'start', '--id', 'report', ...words, ...QUICK, '--poll-intervals', '0.2');
  expect(made).toMatchObject({ code: 0 });
}

/** Created by one worker, and ended, with words that quote the token, under another, which never resolved it. */
async function runOverARestart(): Promise<void> {
  const slowly = pairs({ ...FAILS, emulator_run_seconds: '8' });
  await ask('across', ...slowly, '--poll-intervals', '1', ...MCP);
  await eventually('it is created', () => createsOf('across') === 1);
  await eventually('its id is known', async () =>
    (await place.cli(['task', 'status', 'across'], env)).out.includes('resp_'),
  );
  await stop();
  await start();
  const waited = await cli('task', 'wait', 'across', '--json');
  expect(waited.code).toBe(1);
  expect(JSON.parse(waited.out)).toMatchObject({
    status: 'failed',
    error: { message: expect.stringMatching(/: the server refused \*\*\* Bearer \*\*\*$/) as string },
  });
}

async function onServer(): Promise<Stored> {
  const client = await strangersClient((await readRecord(place.dataDir))?.temporalAddress ?? '');
  const stored = await partsStoredOn(client);
  await client.connection.close();
  return stored;
}

const hitsIn = (text: string): number[] => NAMES.map((name) => text.split(CANARIES[name]).length - 1);

/** What is in the files of results, with those that pages have as JSON inside. */
const read = (name: string) => readFile(join(place.path, name), 'latin1');

describe('with encryption, as it is by default', () => {
  const places: Record<string, string> = {};

  beforeAll(async () => {
    await start();
    await runTasks();
    await runBatchAndReport();
    await runOverARestart();
    const { histories, described, failures } = await onServer();
    expect(failures.length, 'there are failures to look at').toBeGreaterThan(1);
    await stop();
    Object.assign(places, {
      'raw histories of all runs': histories,
      'memo, search attributes, summaries, heartbeats': described,
      [`${failures.length} failures, decoded without a key`]: failures.join('\n'),
      "the server's database files": await contentOf(place.dataDir, isDatabase),
      'logs at DEBUG of worker and receiver': logs,
      'stdout of the command line': out,
      'stderr of the command line': err,
      'results.jsonl': await read('results.jsonl'),
      'results.csv': await read('results.csv'),
      'results.html': await read('results.html'),
      'report files': await contentOf(join(place.path, 'report')),
      'the store': await contentOf(join(place.dataDir, 'store')),
      'other files of the data folder': await contentOf(
        place.dataDir,
        (path) => !isDatabase(path) && !path.startsWith('store'),
      ),
    });
  }, 180_000);

  test('then no canary is found outside of the places that are meant for it', () => {
    const rows = Object.entries(places).map(([where, text]) => [where, ...hitsIn(text)]);
    console.log(table([['HITS', ...NAMES], ...rows]));
    for (const [where, ...hits] of rows as [string, ...number[]][]) {
      const meant = MEANT[where] ?? [];
      hits.forEach((count, i) => {
        const name = NAMES[i]!;
        const found = `${name} in ${where}: ${count > 0 ? 'found' : 'none'}`;
        expect(found).toBe(`${name} in ${where}: ${meant.includes(name) ? 'found' : 'none'}`);
      });
    }
  });

  test('then each event of the logs is one line of JSON, short and without control characters', () => {
    const lines = logs.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.stringMatching(/^(DEBUG|INFO|WARN|ERROR)$/) as string });
      expect(Buffer.byteLength(line)).toBeLessThan(2048);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
    // Everything else is what `npm start` says to a person; a server that finds its port taken is started again.
    const others = logs.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    const said = /^(Webhooks|Web UI|Worker on|Temporal server (ready|\(process \d+\) ended))/;
    expect(others.filter((line) => !said.test(line))).toEqual([]);
  });
});

describe('without encryption', () => {
  beforeAll(async () => {
    env = { ...env, DURABLE_RESPONSES_ENCRYPTION: 'off', DURABLE_RESPONSES_DATA_DIR: join(place.path, 'data-off') };
    await start();
    expect(running?.said()).toContain('Encryption is off');
  });

  test(
    'given the same tasks -> then the search finds what is readable, and still no key, secret or token',
    { timeout: 120_000 },
    async () => {
      await runTasks();
      const dataDir = join(place.path, 'data-off');
      const client = await strangersClient((await readRecord(dataDir))?.temporalAddress ?? '');
      const { histories, described } = await partsStoredOn(client);
      await client.connection.close();
      const rows = {
        'histories and descriptions': histories + described,
        database: await contentOf(dataDir, isDatabase),
      };
      console.log(
        table([
          ['HITS, not encrypted', ...NAMES],
          ...Object.entries(rows).map(([where, text]) => [where, ...hitsIn(text)]),
        ]),
      );
      for (const text of Object.values(rows)) {
        const found = NAMES.filter((_, i) => hitsIn(text)[i]! > 0);
        expect(found).toEqual(NAMES.filter((name) => !['API key', 'webhook secret', 'MCP token'].includes(name)));
      }
    },
  );

  test('given a secret that no worker knows -> then the task ends, its message names it, and nothing was sent', async () => {
    const absent = JSON.stringify({ ...MCP_FIELDS, authorization: 'secret://NOT_THERE' });
    const { code, err: said } = await ask('no-secret', ...QUICK, '--tool', `mcp:${absent}`, '--wait');
    expect(code).toBe(1);
    expect(said).toContain('secret_missing');
    expect(said).toContain('no-secret: This worker knows no secret NOT_THERE. Nothing was sent.');
    expect(createsOf('no-secret')).toBe(0);
  });

  test('given a token on the command line -> then exit 2 before anything is sent, and it is not repeated', async () => {
    const written = JSON.stringify({ ...MCP_FIELDS, authorization: CANARIES['MCP token'] });
    const { code, err: said } = await ask('inline', '--tool', `mcp:${written}`);
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining('tools[0].authorization: ') as string });
    expect(said).not.toContain(CANARIES['MCP token']);
    const inPrompt = [
      'task',
      'start',
      '--model',
      'o3',
      '--input',
      `Explain ghp_${'aB3dE6gH9'.repeat(4)}`,
      '--id',
      'inline',
    ];
    expect(await cli(...inPrompt)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--allow-keys-in-prompt') as string,
    });
    expect((await cli(...inPrompt, ...QUICK, '--allow-keys-in-prompt', '--wait')).code).toBe(0);
    expect(createsOf('inline')).toBe(1);
  });
});
