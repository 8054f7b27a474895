/** Every verb of the command line against `npm start`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../emulator';
import type { BatchRecord, BatchResult, TaskResult } from '../src/contracts';
import type { ListedTask, Started, Summary } from '../src/client';
import { eventually } from './helpers/embedded';
import { emulatorOf, newPlace, stopPlace, type Place, type Running } from './helpers/programs';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start();
});

afterAll(() => stopPlace(place, started));

const QUICK = ['--metadata', 'emulator_queued_seconds=0', '--metadata', 'emulator_run_seconds=0'];
const SLOW = ['--metadata', 'emulator_scenario=slow'];
const ask = (id: string, ...words: string[]) =>
  place.cli(['task', 'start', '--model', 'o3', '--input', 'Why?', '--id', id, ...words]);

const ledger = async (): Promise<Ledger> =>
  (await fetch((await emulatorOf(place)).ledgerUrl)).json() as Promise<Ledger>;
const createsOf = async (id: string) => (await ledger()).creates.filter(({ metadata }) => metadata.task_id === id);

describe('tasks', () => {
  it('start --wait -> exit 0, the answer on stdout and nothing else', async () => {
    const { code, out, err } = await ask('plain', '--wait', ...QUICK);
    expect(code).toBe(0);
    expect(out).not.toContain('plain');
    expect(out.length).toBeGreaterThan(20);
    expect(err).toContain('Started plain');
    expect(err).toMatch(/plain: completed \(response resp_\w+, \d+ looks, 1 creates\)/);
  });

  it('start --wait --json -> one JSON document with the result', async () => {
    const { code, out } = await ask('json', '--wait', '--json', ...QUICK);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ taskId: 'json', status: 'completed', creates: 1, possibleOrphans: [] });
  });

  it('the same id twice -> the second joins, one create', async () => {
    const first = await ask('twice', '--json', ...QUICK);
    const second = await ask('twice', '--json', ...QUICK);
    const [one, two] = [first, second].map(({ out }) => JSON.parse(out) as Started & { page: string });
    expect([first.code, second.code]).toEqual([0, 0]);
    expect([one?.joined, two?.joined]).toEqual([false, true]);
    expect(two?.runId).toBe(one?.runId);
    expect(one?.page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/twice$/);
    expect((await place.cli(['task', 'wait', 'twice'])).code).toBe(0);
    // After its end too.
    const third = await ask('twice', '--wait', ...QUICK);
    expect(third).toMatchObject({ code: 0, err: expect.stringContaining('Joined twice') as string });
    expect(await createsOf('twice')).toHaveLength(1);
  });

  it('attach -> watches the response and creates none', async () => {
    const [{ id = '' } = {}] = await createsOf('plain');
    const before = (await ledger()).creates.length;
    const { code, out } = await place.cli(['task', 'attach', id, '--wait', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ taskId: `attach-${id}`, status: 'completed', responseId: id, creates: 0 });
    expect((await ledger()).creates).toHaveLength(before);
  });

  it('an answer of 1,000,000 bytes -> result has all of it', async () => {
    await ask('large', ...QUICK, '--metadata', 'emulator_output_bytes=1000000');
    const { code, out } = await place.cli(['task', 'result', 'large']);
    expect(code).toBe(0);
    expect(Buffer.byteLength(out), 'the answer and the line end').toBe(1_000_001);
    const json = await place.cli(['task', 'result', 'large', '--json']);
    const result = JSON.parse(json.out) as TaskResult;
    expect(result.outputOmitted).toBe(false);
    expect(result.outputText).toBe(out.slice(0, -1));
  });

  it('status, cancel, wait of a slow one -> says where it is; then exit 1, cancelled upstream', async () => {
    await ask('slow', ...SLOW);
    await eventually('it is created', async () => (await createsOf('slow')).length === 1);
    const status = await place.cli(['task', 'status', 'slow', '--json']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ kind: 'task', execution: 'RUNNING', view: { taskId: 'slow' } });
    expect(await place.cli(['task', 'cancel', 'slow', '--reason', 'enough'])).toMatchObject({ code: 0 });
    const { code, out } = await place.cli(['task', 'wait', 'slow', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ status: 'cancelled', cancelReason: 'enough', notCleaned: [] });
    const [{ id = '' } = {}] = await createsOf('slow');
    expect((await ledger()).cancels.map((cancel) => cancel.id)).toContain(id);
    // Repeated, and after the end: harmless.
    const again = await place.cli(['task', 'cancel', 'slow']);
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining('slow had ended already') as string });
  });

  it('one that fails upstream -> exit 1, shows the error', async () => {
    const { code, out, err } = await ask('fails', '--wait', '--metadata', 'emulator_scenario=failed', ...QUICK);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/fails: failed/);
    expect(err).toContain('error server_error: ');
  });

  it('a request file and a file to upload -> both are sent', async () => {
    await writeFile(join(place.path, 'request.json'), JSON.stringify({ model: 'o3', input: 'From a file.' }));
    await writeFile(join(place.path, 'data.csv'), 'a,b\n1,2\n');
    const words = ['--request', 'request.json', '--tool', 'code_interpreter', '--file', 'data.csv'];
    const { code } = await place.cli(['task', 'start', '--id', 'files', ...words, ...QUICK, '--wait']);
    expect(code).toBe(0);
    const [{ request } = {}] = await createsOf('files');
    expect(request).toMatchObject({ input: 'From a file.', background: true });
    expect(JSON.stringify(request)).toMatch(/"file_ids":\["file-\w+"\]/);
  });

  it('no worker on its task queue -> start --wait exits 3 within 10 s and says that it waits for one', async () => {
    const words = ['task', 'start', '--model', 'o3', '--input', 'Hi.', '--id', 'lonely', '--wait'];
    const { code, err, seconds } = await place.cli(words, { DURABLE_RESPONSES_TASK_QUEUE: 'nobody' });
    expect(code).toBe(3);
    expect(err).toContain('lonely is started and waits: no worker answers on its task queue.');
    expect(err).toContain('Run `npm start`');
    expect(seconds).toBeLessThan(10);
  });

  it('Ctrl-C while it waits -> stops waiting, says how to come back; the task goes on', async () => {
    const waiting = place.begin(['task', 'start', '--model', 'o3', '--input', 'x', '--id', 'left', '--wait', ...SLOW]);
    await eventually('it waits', () => waiting.said().includes('left: '));
    waiting.child.kill('SIGINT');
    const { code, err } = await waiting.ended;
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('left goes on. Come back with: npm run -s cli -- task wait left') as string,
    });
    const { out } = await place.cli(['task', 'status', 'left', '--json']);
    expect(JSON.parse(out)).toMatchObject({ execution: 'RUNNING' });
    await place.cli(['task', 'cancel', 'left']);
  });
});

describe('batches', () => {
  const LINES = [
    { id: 'zeta', model: 'o3', prompt: 'One.', metadata: { emulator_run_seconds: '2' } },
    { id: 'alpha', model: 'o3', prompt: 'Two.', metadata: { emulator_run_seconds: '0' } },
    { id: 'mid', model: 'o3', prompt: 'Three.', metadata: { emulator_scenario: 'failed', emulator_run_seconds: '0' } },
  ];

  it('start, status, wait, results --out -> records in input order, one a line; exit 1 since one failed', async () => {
    await writeFile(join(place.path, 'batch.jsonl'), LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const begun = await place.cli(['batch', 'start', 'batch.jsonl', '--id', 'three', '--json']);
    expect(JSON.parse(begun.out)).toMatchObject({ id: 'three', joined: false, items: 3 });
    const status = await place.cli(['batch', 'status', 'three', '--json']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ kind: 'batch', view: { total: 3 } });
    const waited = await place.cli(['batch', 'wait', 'three', '--json']);
    expect(waited.code).toBe(1);
    expect((JSON.parse(waited.out) as BatchResult).counts).toMatchObject({ completed: 2, failed: 1 });
    const results = await place.cli(['batch', 'results', 'three', '--out', 'results.jsonl']);
    expect({ code: results.code, out: results.out }).toEqual({ code: 1, out: '' });
    const text = await readFile(join(place.path, 'results.jsonl'), 'utf8');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as BatchRecord);
    expect(records.map(({ id, status: end }) => [id, end])).toEqual([
      ['zeta', 'completed'],
      ['alpha', 'completed'],
      ['mid', 'failed'],
    ]);
    expect((await place.cli(['batch', 'results', 'three'])).out).toMatch(/^TASK +STATUS[^]*\nzeta[^]*\nalpha[^]*\nmid/);
  });

  it('a CSV file -> a task a row; its results as CSV, as lines of the Batch API, as a page', async () => {
    const csv = 'custom_id,prompt,model,metadata.emulator_run_seconds\r\nq1,"One,\ntwo.",o3,0\r\nq2,=1+1,o3,0\r\n';
    await writeFile(join(place.path, 'tasks.csv'), csv);
    expect((await place.cli(['batch', 'start', 'tasks.csv', '--id', 'sheet', '--wait'])).code).toBe(0);
    const asCsv = await place.cli(['batch', 'results', 'sheet', '--format', 'csv']);
    expect(asCsv.code).toBe(0);
    expect(asCsv.out).toMatch(/^index,id,status,[^]*\r\n0,q1,completed,resp_[^]*\r\n1,q2,completed,resp_/);
    const lines = await place.cli(['batch', 'results', 'sheet', '--format', 'openai-batch', '--html', 'page.html']);
    expect(
      lines.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject(
      ['q1', 'q2'].map((id) => ({
        custom_id: id,
        response: {
          status_code: 200,
          body: { object: 'response', status: 'completed', metadata: { task_id: `sheet/${id}` } },
        },
        error: null,
      })),
    );
    const page = await readFile(join(place.path, 'page.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>[^]*<h1>sheet<\/h1>[^]*<\/html>\n$/);
  });

  it('a file of the Batch API whose custom_ids can be no ids -> its output file has exactly those', async () => {
    const body = { model: 'o3', input: 'x', metadata: { emulator_run_seconds: '0' } };
    const ids = ['my report/1', 'Zürich ☃', 'plain'];
    const lines = ids.map((custom_id) => ({ custom_id, method: 'POST', url: '/v1/responses', body }));
    await writeFile(join(place.path, 'moved.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const started = await place.cli(['batch', 'start', 'moved.jsonl', '--id', 'moved', '--wait', '--json']);
    expect(started.code).toBe(0);
    const { records } = JSON.parse(started.out) as BatchResult;
    expect(records?.map(({ workflowId, customId }) => [workflowId, customId])).toEqual([
      ['moved/item-0001', ids[0]],
      ['moved/item-0002', ids[1]],
      ['moved/plain', null],
    ]);
    const { out } = await place.cli(['batch', 'results', 'moved', '--format', 'openai-batch']);
    const written = out.trimEnd().split('\n');
    expect(written.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)).toEqual(ids);
  });

  it('cancel -> what runs is cancelled upstream, and wait exits with 1', async () => {
    const lines = ['a', 'b'].map((id) => ({ id, model: 'o3', prompt: 'x', metadata: { emulator_scenario: 'slow' } }));
    await writeFile(join(place.path, 'slow.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    await place.cli(['batch', 'start', 'slow.jsonl', '--id', 'stopped']);
    await eventually('both are created', async () => (await createsOf('stopped/b')).length === 1);
    expect((await place.cli(['batch', 'cancel', 'stopped'])).code).toBe(0);
    const { code, out } = await place.cli(['batch', 'wait', 'stopped', '--json']);
    expect(code).toBe(1);
    expect((JSON.parse(out) as BatchResult).records?.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('bad lines that are allowed -> rejected one by one, the others run', async () => {
    const good = { id: 'good', model: 'o3', prompt: 'x', metadata: { emulator_run_seconds: '0' } };
    await writeFile(join(place.path, 'mixed.jsonl'), `${JSON.stringify(good)}\n{"id":"bad"}\n`);
    const words = ['batch', 'start', 'mixed.jsonl', '--id', 'mixed', '--allow-bad-lines', '--wait', '--json'];
    const { code, out } = await place.cli(words);
    expect(code).toBe(1);
    const { records } = JSON.parse(out) as BatchResult;
    expect(records?.map(({ id, status }) => [id, status])).toEqual([
      ['good', 'completed'],
      ['bad', 'rejected'],
    ]);
  });
});

describe('over all tasks', () => {
  const list = async (...words: string[]) => {
    const { code, out } = await place.cli(['task', 'list', '--json', '--limit', '100', ...words]);
    expect(code).toBe(0);
    return (JSON.parse(out) as ListedTask[]).map(({ id }) => id);
  };

  it('list -> filtered by status, batch and number', async () => {
    await eventually('the store has them', async () => (await list('--status', 'failed')).length >= 2);
    expect((await list('--status', 'failed')).sort()).toEqual(['fails', 'three/mid']);
    expect((await list('--batch', 'three')).sort()).toEqual(['three/alpha', 'three/mid', 'three/zeta']);
    expect(await list('--limit', '2')).toHaveLength(2);
    expect((await place.cli(['task', 'list'])).out).toMatch(/^TASK +STATUS +PRIORITY +MODEL +STARTED\n/);
  });

  it('summary -> counts by status and priority, as JSON and as a table', async () => {
    const read = async () => JSON.parse((await place.cli(['summary', '--json'])).out) as Summary;
    await eventually('the cancelled are counted', async () => ((await read()).byStatus['cancelled'] ?? 0) >= 4);
    const { byStatus, byPriority, terminated } = await read();
    expect(byStatus).toMatchObject({ cancelled: 4, failed: 2 });
    expect(Object.values(byPriority).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
    expect(terminated).toBe(0);
    expect((await place.cli(['summary'])).out).toMatch(/^STATUS +TASKS\n[^]*cancelled +4\n/);
  });
});
