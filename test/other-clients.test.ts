/** Clients that are not ours, the official one of Python and curl: the programs of OpenAI's guide against the emulator. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../emulator';
import { endedWithFile } from './helpers/children';
import { eventually, temporaryFolder } from './helpers/embedded';
import { installedPackages, pythonEnvironment } from './helpers/python';

const PROGRAMS = join(__dirname, 'other-clients');
const DATA = join(__dirname, '..', 'examples', 'data');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let emulator: ChildProcess;
let url: string;
let env: Record<string, string>;
const ran: Record<string, Promise<string>> = {};

async function startEmulator(): Promise<void> {
  const program = join(__dirname, '..', 'lib', 'emulator', 'main.js');
  // Runs of two to four seconds, in one.
  const args = [program, '--port', '0', '--time-scale', '3'];
  const child = endedWithFile(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await eventually('the emulator serves', () => said.includes('/v1'));
  emulator = child;
  url = /http:\S+\/v1/.exec(said)?.[0] ?? '';
}

/** What a program has printed; it must have ended well. */
async function output(command: string, args: string[]): Promise<string> {
  const child = endedWithFile(spawn(command, args, { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}: ${err}${out}`);
  return out;
}

beforeAll(async () => {
  const packages = await installedPackages(join(PROGRAMS, 'requirements.txt'), 'test-openai-python');
  folder = await temporaryFolder();
  await startEmulator();
  env = { ...pythonEnvironment(packages), OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-test' };
  const sources = ['sales_data.csv', 'customer-feedback.txt'].map((name) => join(DATA, name));
  // Most of the time they wait, so all at once.
  for (const name of ['poll', 'stream', 'cancel', 'batch', 'report', 'refused'])
    ran[name] = output('python3', [join(PROGRAMS, `${name}.py`), ...(name === 'report' ? sources : [])]);
  ran['curl'] = output('bash', [join(PROGRAMS, 'guide.sh')]);
  // Each is awaited by its own test.
  await Promise.allSettled(Object.values(ran));
  // Two minutes for pip the first time.
}, 240_000);

afterAll(async () => {
  emulator.kill('SIGTERM');
  await folder.remove();
});

describe('the official Python client', () => {
  test('given the loops that poll -> then they see the end, and what it says', async () => {
    const said = await ran['poll'];
    expect(said).toMatch(/^Task started with status: queued\nCurrent status: queued\n/);
    expect(said).toContain('Final status: completed\nOutput:\nYou asked: "Write a very long novel about otters');
    expect(said).toContain('Adaptive: completed\nPolled: True\nTask failed: ResponseError(');
  });

  test('given a stream that is left and resumed -> then nothing is missing or twice', async () => {
    const said = await ran['stream'];
    expect(said).toMatch(/^Event: response.created\nEvent: response.queued\nEvent: response.in_progress\n/);
    expect(said).toContain('Left after: 8\nResumed at: 9, without gaps: True\n');
    expect(said).toContain('Last event: response.completed, of the same response: True');
  });

  test('given cancels -> then cancelled, twice too, and an id that is unknown is an error', async () => {
    const said = await ran['cancel'];
    expect(said).toContain('Status after cancellation: cancelled\nCancelled again: cancelled\n');
    expect(said).toMatch(/Task successfully cancelled\nCleaning up resources for resp_\w+\n/);
    expect(said).toContain('Error cancelling task: Error code: 404');
  });

  test('given a batch and the task manager -> then three results, each of its own prompt', async () => {
    const said = (await ran['batch']) ?? '';
    for (const prompt of ['Analyze financial report 1', 'Generate market summary 2', 'Create customer analysis 3'])
      expect(said).toContain(`completed: You asked: "${prompt}`);
    expect(said).toContain('Tasks: 3');
  });

  test('given files -> then a report of six sections, files of the code interpreter, and everything deleted', async () => {
    const said = (await ran['report']) ?? '';
    expect(said).toContain('Report: completed');
    expect(said.match(/^#+ /gm)?.length).toBeGreaterThanOrEqual(6);
    expect(said).toMatch(/File: \/mnt\/data\/\S+ [1-9]\d*\n/);
    expect(said.match(/Deleted: True/g)).toHaveLength(2);
  });

  test('given lines of the guide that the API does not take -> then refused with its words, and the rest runs', async () => {
    const said = await ran['refused'];
    expect(said).toContain('batch: 400 missing_required_parameter tools[0].container\n');
    expect(said).toContain('report: 400 missing_required_parameter tools[0].vector_store_ids\n');
    expect(said).toContain('data: 400 unknown_parameter tools[0].container.files\n');
    expect(said).toContain('tools: accepted\n');
    expect(said).toContain('Robust: You asked: "Complex reasoning task');
  });
});

test('curl: given create, poll, cancel, stream and resume -> then each as the guide says', async () => {
  const said = (await ran['curl']) ?? '';
  const [streamed, resumed] = [/streamed: (\d+)/, /resumed: (\d+)/].map((count) => Number(count.exec(said)?.[1]));
  expect(said).toMatch(/^completed\ncancelled\s*\n/);
  expect(resumed).toBe(Number(streamed) - 6);
  expect(said).toContain('same end');
});

test('all of them -> the emulator has had each create once: no client has sent one again', async () => {
  await Promise.allSettled(Object.values(ran));
  const ledger = (await (await fetch(url.replace('/v1', '/emulator/ledger'))).json()) as Ledger;
  expect(ledger.creates).toHaveLength(3 + 1 + 2 + 6 + 1 + 2 + 3);
  expect(ledger.calls.filter(({ retryCount }) => retryCount > 0)).toEqual([]);
});
