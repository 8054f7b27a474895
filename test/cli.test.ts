/** The compiled command line where there is no server, or a wrong one: what it says, and its exit code. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { constants } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporalCliPath } from './helpers/binaries';
import { eventually, reaching } from './helpers/embedded';
import { newPlace, runNode, type Place } from './helpers/programs';

let place: Place;
const file = (name: string): string => join(place.path, name);

beforeAll(async () => {
  place = await newPlace();
  await writeFile(file('tasks.jsonl'), '{"model":"o3","prompt":"One."}\n"Two."\n');
});

afterAll(() => place.remove());

/** Nobody listens there: a port that was free a moment ago. */
async function refusedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('without a server', () => {
  const VERBS = [
    ['task', 'start', '--model', 'o3', '--input', 'Hi.'],
    ['task', 'start', '--model', 'o3', '--input', 'Hi.', '--wait', '--json'],
    ['task', 'attach', 'resp_1'],
    ['task', 'status', 'a'],
    ['task', 'wait', 'a'],
    ['task', 'result', 'a'],
    ['task', 'list'],
    ['task', 'cancel', 'a'],
    ['batch', 'start', 'tasks.jsonl', '--model', 'o3'],
    ['batch', 'status', 'a'],
    ['batch', 'wait', 'a'],
    ['batch', 'results', 'a', '--out', 'results.jsonl'],
    ['batch', 'cancel', 'a'],
    ['summary'],
  ];

  it.each(VERBS.map((verb) => [verb.join(' '), verb] as const))('%s -> exit 3, says what to do', async (_, verb) => {
    const { code, out, err, seconds } = await place.cli([...verb]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('Run `npm start` in another terminal, or set TEMPORAL_ADDRESS');
    expect(seconds).toBeLessThan(10);
    expect(existsSync(place.dataDir), 'nothing is made').toBe(false);
  });

  it('doctor -> exit 3, says what to do about each thing that is missing', async () => {
    const { code, out, seconds } = await place.cli(['doctor']);
    expect(code).toBe(3);
    expect(out).toMatch(/BAD {2}temporal: No Temporal server: .*Run `npm start`/);
    expect(out).toMatch(/BAD {2}upstream: no OPENAI_API_KEY, and no emulator runs: run `npm start`, or set the key/);
    expect(out).toMatch(/ok {3}versions: durable-responses \d/);
    expect(seconds).toBeLessThan(10);
  });

  it('a refused port in TEMPORAL_ADDRESS -> exit 3 within 10 s, names the address and the variable', async () => {
    const address = await refusedAddress();
    const { code, err, seconds } = await place.cli(['task', 'list'], reaching({ address }));
    expect(code).toBe(3);
    expect(err).toContain(`No answer from the Temporal server at ${address}`);
    expect(err).toContain('Check TEMPORAL_ADDRESS');
    expect(seconds).toBeLessThan(10);
  });
});

describe('a wrong upstream or namespace', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    const executable = { type: 'existing-path' as const, path: await temporalCliPath() };
    env = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  });
  afterAll(() => env.teardown());

  it('a namespace that is not there -> exit 3, names those that are', async () => {
    const wrong = { ...reaching(env), TEMPORAL_NAMESPACE: 'elsewhere' };
    const { code, err } = await place.cli(['task', 'list'], wrong);
    expect(code).toBe(3);
    expect(err).toContain('has no namespace "elsewhere"');
    expect(err).toContain('to one that exists: default');
  });

  it('a task that is started without any worker -> exit 0, and a warning', async () => {
    const words = ['task', 'start', '--model', 'o3', '--input', 'Hi.', '--id', 'early'];
    const { code, out, err } = await place.cli(words, reaching(env));
    expect({ code, out }).toEqual({ code: 0, out: 'early\n' });
    expect(err).toContain('wait:   npm run -s cli -- task wait early\n');
    expect(err).toContain('No worker is on task queue "durable-responses": it begins when one is. Run `npm start`.');
    expect((await place.cli(['task', 'status', 'early'], reaching(env))).code).toBe(3);
  });

  it('one that was terminated -> shown as that by status and list, not as queued', async () => {
    const words = ['task', 'start', '--model', 'o3', '--input', 'Hi.', '--id', 'shot'];
    await place.cli(words, reaching(env));
    await env.client.workflow.getHandle('shot').terminate();
    const status = await place.cli(['task', 'status', 'shot'], reaching(env));
    expect(status).toMatchObject({ code: 0, out: 'shot: terminated\n' });
    await eventually('the list has it', async () =>
      /^shot +terminated /m.test((await place.cli(['task', 'list'], reaching(env))).out),
    );
    const waited = await place.cli(['task', 'wait', 'shot'], reaching(env));
    expect(waited).toMatchObject({ code: 1, err: expect.stringContaining('`sweep` finds and cancels it') as string });
  });

  it('a server that accepts and says nothing -> exit 3 within 10 s', async () => {
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const wrong = reaching({ address: `127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const ran = await Promise.all([['task', 'list'], ['doctor']].map((words) => place.cli(words, wrong)));
    silent.close();
    for (const { code, seconds } of ran) {
      expect(code).toBe(3);
      expect(seconds).toBeLessThan(10);
    }
  });

  it('a task that is not there -> exit 2, names it', async () => {
    const { code, err } = await place.cli(['task', 'status', 'nobody'], reaching(env));
    expect(code).toBe(2);
    expect(err).toContain('nobody: no such task, batch or report in this namespace');
  });

  it('doctor, a key that is refused -> exit 3, says so and never the key', async () => {
    const body = { error: { message: 'Incorrect API key provided: sk-secret-1.', code: 'invalid_api_key' } };
    const server = createServer((_, reply) => {
      reply.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const wrong = { ...reaching(env), OPENAI_API_KEY: 'sk-secret-1', OPENAI_BASE_URL: url };
    const { code, out, err } = await place.cli(['doctor'], wrong);
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(3);
    expect(out).toMatch(/ok {3}temporal: server \d/);
    expect(out).toMatch(/BAD {2}worker: none on task queue "durable-responses": run `npm start`/);
    expect(out).toMatch(/BAD {2}upstream: .*check OPENAI_API_KEY and OPENAI_BASE_URL/);
    expect(out + err).not.toContain('sk-secret-1');
  });

  it('doctor, an upstream that refuses connections -> exit 3 within 10 s, says so', async () => {
    const url = `http://${await refusedAddress()}/v1`;
    const wrong = { ...reaching(env), OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: url };
    const { code, out, seconds } = await place.cli(['doctor', '--json'], wrong);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ name: 'upstream', ok: false, message: expect.stringContaining(url) as string }),
    );
    expect(seconds).toBeLessThan(10);
  });

  it('doctor, a store that is a file -> exit 3, says so', async () => {
    const wrong = { ...reaching(env), DURABLE_RESPONSES_STORE: file('tasks.jsonl') };
    const { code, out } = await place.cli(['doctor'], wrong);
    expect(code).toBe(3);
    expect(out).toMatch(/BAD {2}store: .*tasks\.jsonl: .*check DURABLE_RESPONSES_STORE/);
  });

  it('doctor, a store that works -> says so, and leaves nothing in it', async () => {
    const right = { ...reaching(env), DURABLE_RESPONSES_STORE: file('store') };
    const { out } = await place.cli(['doctor'], right);
    expect(out).toMatch(/ok {3}store: .*: written, read and deleted/);
    expect(await readdir(file('store'))).toEqual([]);
  });
});

describe('wrong words', () => {
  const CASES: [words: string[], said: string][] = [
    [['task', 'list', '--frob'], "unknown option '--frob'"],
    [['frob'], "unknown command 'frob'"],
    [['task', 'frob'], "unknown command 'frob'"],
    [['task', 'status'], "missing required argument 'id'"],
    [['task', 'list', '--limit', 'many'], 'Expected a number.'],
    [['task', 'list', '--limit', '0'], 'limit: expected a whole number from 1 to 1000'],
    [['task', 'list', '--status', 'done'], 'status: expected one of queued, in_progress'],
    [['task', 'start', '--\u001b[31m'], "unknown option '--\\u001b[31m'"],
    [['task', 'start', '--model', 'o3', '--input', 'Hi.', '--tool', 'mcp:{'], 'Expected NAME or NAME:{...json...}.'],
    [['task', 'start', '--model', 'o3', '--input', 'Hi.', '--tool', 'mcp:"x"'], 'Expected NAME or NAME:{...json...}.'],
    [['task', 'start', '--metadata', 'x'], 'Expected KEY=VALUE.'],
    [['report', 'start', '--title', 'A', '--source', 'a', '--on-timeout', 'leave'], "unknown option '--on-timeout'"],
  ];
  it.each(CASES)('%j -> exit 2, says what is wrong', async (words, said) => {
    const { code, out, err } = await place.cli(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(said);
  });

  it('--version -> exit 0, the version of the package', async () => {
    expect(await place.cli(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  it.each([[['--help']], [['task', 'start', '--help']], [['help', 'batch']]])('%j -> exit 0, help', async (words) => {
    const { code, out } = await place.cli(words);
    expect(code).toBe(0);
    expect(out).toContain('Usage: durable-responses');
  });

  it('the help of a report -> no option that is refused afterwards; that of a task has it', async () => {
    const help = async (what: string) => (await place.cli([what, 'start', '--help'])).out;
    expect(await help('report')).toContain('--on-ambiguous-create');
    expect(await help('report')).not.toContain('--on-timeout');
    expect(await help('task')).toContain('--on-timeout');
  });
});

describe.runIf(existsSync('/dev/full'))('a standard output that is full', () => {
  it.each([[['--version']], [['task', '--help']], [['doctor']]])(
    'given %j -> then exit 1, and one line',
    async (words) => {
      const line = `exec '${process.execPath}' '${place.program('cli')}' ${words.join(' ')} > /dev/full`;
      const child = spawn('sh', ['-c', line], { cwd: place.path, env: place.env, stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const [code] = (await once(child, 'close')) as [number];
      expect(err).toMatch(/^error: standard output cannot be written \(ENOSPC: [^\n]*\)\n$/);
      expect(code).toBe(1);
    },
  );
});

describe('bad input, known without a server', () => {
  const FILE_HINT = 'tools[0].container.files: unknown field; did you mean file_ids?';
  const BAD_CONTAINER = 'code_interpreter:{"container":{"type":"auto","files":["x"]}}';
  const start = (...words: string[]) => ['task', 'start', '--model', 'o3', '--input', 'Hi.', ...words];
  const CASES: [name: string, words: string[], said: string][] = [
    ['an empty input', ['task', 'start', '--model', 'o3', '--input', ''], 'input: expected a text that is not blank'],
    ['no input', ['task', 'start', '--model', 'o3'], 'input: '],
    ['files of a container', start('--tool', BAD_CONTAINER), FILE_HINT],
    ['a file search of nothing', start('--tool', 'file_search'), 'tools[0].vector_store_ids: missing'],
    ['an interval of 0', start('--poll-intervals', '0'), 'pollIntervalsSeconds: expected'],
    ['an interval of -1', start('--poll-intervals', '-1'), 'pollIntervalsSeconds: expected'],
    ['an unknown priority', start('--priority', 'top'), 'priority: unknown value; write "high"'],
    ['an id with a newline', start('--id', 'a\nb'), String.raw`id: "a\nb" cannot be an id`],
    ['an id with ANSI', start('--id', '\u001b[31mred'), String.raw`id: "\u001b[31mred" cannot be an id`],
    ['an input that cannot be read', ['task', 'start', '--input', '@nowhere'], '--input @nowhere: cannot be read'],
    ['a request that cannot be read', start('--request', 'nowhere'), '--request nowhere: '],
    ['an id to attach to', ['task', 'attach', 'a/b'], 'attach.responseId: "a/b" cannot be a response id'],
    ['an id to wait for', ['task', 'wait', '../a'], 'id: "../a" cannot be an id'],
    ['a folder for results', ['batch', 'results', 'a', '--out', 'no/where.jsonl'], '--out no/where.jsonl: its folder'],
    ['a folder as file of results', ['batch', 'results', 'a', '--out', '.'], '--out .: is no file'],
    ['a device as file of results', ['batch', 'results', 'a', '--out', '/dev/null'], '--out /dev/null: is no file'],
    ['a batch that cannot be read', ['batch', 'start', 'nowhere'], 'nowhere: cannot be read'],
    ['a concurrency of 0', ['batch', 'start', 'tasks.jsonl', '--model', 'o3', '--concurrency', '0'], 'concurrency: '],
  ];
  it.each(CASES)('%s -> exit 2, says so', async (_, words, said) => {
    const { code, out, err } = await place.cli(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(said);
    // eslint-disable-next-line no-control-regex
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it.each([
    ['store: false', { store: false }, 'store: a response that is not stored'],
    ['background: false', { background: false }, 'background: every task runs in background mode'],
    ['a list', ['no'], 'expected a JSON object'],
    ['tools that are no list', { tools: {} }, 'tools[0].type: missing'],
  ])('a request file with %s -> exit 2, says so', async (_, body, said) => {
    await writeFile(file('request.json'), JSON.stringify(body));
    const words = start('--request', 'request.json', '--tool', 'web_search');
    const { code, err } = await place.cli(words);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  it('a request file that is not JSON -> exit 2, and nothing of it is shown', async () => {
    await writeFile(file('request.json'), '{"tools": [{"authorization": "SENSITIVE}]}');
    const { code, out, err } = await place.cli(['task', 'start', '--request', 'request.json']);
    expect(code).toBe(2);
    expect(err).toContain('--request request.json: expected a JSON object');
    expect(out + err).not.toContain('SENS');
  });

  it('a prompt of 68 MB -> exit 2, names the bound', async () => {
    await writeFile(file('long.txt'), 'x'.repeat(68_000_000));
    const { code, err } = await place.cli(['task', 'start', '--model', 'o3', '--input', '@long.txt']);
    expect(code).toBe(2);
    expect(err).toContain('67,108,864');
    expect(err.length, 'the prompt is not shown').toBeLessThan(1000);
  });

  it('given a batch file of over 512 MB -> then exit 2, names the bound, and what to do', async () => {
    await writeFile(file('huge.jsonl'), '');
    // Nothing is on the disk.
    await truncate(file('huge.jsonl'), constants.MAX_STRING_LENGTH + 1);
    const { code, out, err } = await place.cli(['batch', 'start', 'huge.jsonl', '--model', 'o3']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /^error: huge\.jsonl: more than [\d,]+ characters are in it; split the file and start one batch for each part\n$/,
    );
    expect(err).toContain(constants.MAX_STRING_LENGTH.toLocaleString('en-US'));
  });

  it('a bad line in a batch -> exit 2, names the line and the field, and that nothing was started', async () => {
    await writeFile(file('bad.jsonl'), '"One."\n{"prompt":"Two.","store":false}\n{"prompt":\n');
    const { code, err } = await place.cli(['batch', 'start', 'bad.jsonl', '--model', 'o3']);
    expect(code).toBe(2);
    expect(err).toContain('bad.jsonl: line 2, store: ');
    expect(err).toContain('bad.jsonl: line 3');
    expect(err).toContain('Nothing was started.');
  });

  it('an empty prompt on standard input -> exit 2', async () => {
    const args = [place.program('cli'), 'task', 'start', '--model', 'o3', '--input', '-'];
    const { code, err } = await runNode(args, { cwd: place.path, env: place.env, input: ' \n' }).ended;
    expect(code).toBe(2);
    expect(err).toContain('input: expected a text that is not blank');
  });
});
