/** Batches that end otherwise than by their last item, on the command line against `npm start`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ledger } from '../emulator';
import { DurableResponses } from '../src/client';
import { loadConfig } from '../src/config';
import type { BatchRecord, BatchResult } from '../src/contracts';
import { eventually } from './helpers/embedded';
import { emulatorOf, newPlace, stopPlace, type Place, type Running } from './helpers/programs';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start();
});

afterAll(() => stopPlace(place, started));

/** Writes a batch file, and starts it. */
async function start(id: string, lines: object[], ...words: string[]) {
  await writeFile(join(place.path, `${id}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return place.cli(['batch', 'start', `${id}.jsonl`, '--model', 'o3', '--id', id, ...words]);
}

const creates = async () => ((await (await fetch((await emulatorOf(place)).ledgerUrl)).json()) as Ledger).creates;
const createsOf = async (id: string) =>
  (await creates()).filter(({ metadata }) => metadata.task_id?.startsWith(`${id}/`));

async function terminate(...ids: string[]): Promise<void> {
  const client = await DurableResponses.connect({ config: loadConfig(place.env) });
  for (const id of ids) await client.temporal.workflow.getHandle(id).terminate('by hand');
  await client.close();
}

const line = (id: string, seconds: string) => ({
  id,
  prompt: `Prompt ${id}`,
  metadata: { emulator_queued_seconds: '0', emulator_run_seconds: seconds },
});

const recordsIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one) as BatchRecord);

it('results of a terminated batch -> what ended, what was cancelled, what was never started; exit 1', async () => {
  const lines = [line('quick', '0'), line('slow', '600'), line('waits', '600')];
  expect((await start('ended', lines, '--concurrency', '1')).code).toBe(0);
  await eventually('the slow one runs', async () => (await createsOf('ended')).length === 2);
  await terminate('ended');
  const { code, out, err } = await place.cli(['batch', 'results', 'ended', '--out', 'ended.jsonl', '--html', 'e.html']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('ended ended without a result: terminated (by hand). This is what was written down.');
  expect(err).toContain('1 items were never started; `batch retry` starts them.');
  expect(err).not.toContain('unknown');
  const records = recordsIn(await readFile(join(place.path, 'ended.jsonl'), 'utf8'));
  expect(records.map(({ id, status }) => [id, status])).toEqual([
    ['quick', 'completed'],
    ['slow', 'cancelled'],
    ['waits', 'cancelled'],
  ]);
  expect(await readFile(join(place.path, 'e.html'), 'utf8')).toContain('Batch lost');
});

it('results of one with a terminated page, as JSON -> what may still run is named; exit 1', async () => {
  // Each priority has a page of its own.
  const lines = [
    { ...line('slow', '600'), priority: 'high' },
    { ...line('more', '600'), priority: 'low' },
  ];
  expect((await start('lost', lines)).code).toBe(0);
  await eventually('both run', async () => (await createsOf('lost')).length === 2);
  await terminate('lost/page/0001', 'lost');
  const { code, out, err } = await place.cli(['batch', 'results', 'lost', '--json']);
  expect(code).toBe(1);
  const { records, ...result } = JSON.parse(out) as BatchResult;
  expect(result).toMatchObject({ batchId: 'lost', status: 'lost', counts: { unknown: 1, cancelled: 1 } });
  expect(err).toContain('1 items are unknown: their responses may still run upstream and be paid.');
  expect(records?.[0]).toMatchObject({ status: 'unknown', workflowId: 'lost/slow', error: { code: 'batch_lost' } });
});

it('start --prices --max-cost-usd, and it is reached -> says so; then at most a window ends', async () => {
  const [window, limit, dollars] = [2, 0.25, 1_000];
  const prices = { asOf: '2026-11-01', models: { o3: { input: dollars, output: dollars } } };
  await writeFile(join(place.path, 'prices.json'), JSON.stringify(prices));
  const lines = Array.from({ length: 20 }, (_, i) => line(`b${i}`, '3'));
  const budget = ['--prices', 'prices.json', '--max-cost-usd', String(limit)];
  const how = ['--concurrency', String(window), '--poll-intervals', '0.2', '--wait'];
  const { code, err } = await start('budget', lines, ...budget, ...how);
  expect(code).toBe(1);
  expect(err).toContain(`Stopped: The budget is used up (maxCostUsd ${limit}).`);
  const { records, ...result } = JSON.parse(
    (await place.cli(['batch', 'results', 'budget', '--json'])).out,
  ) as BatchResult;
  expect(result).toMatchObject({ status: 'stopped', total: 20, lostPages: [], pricesAsOf: '2026-11-01' });
  const paid = (records ?? []).filter(({ status }) => status === 'completed');
  const inTurn = paid.sort((a, b) => Date.parse(a.endedAt ?? '') - Date.parse(b.endedAt ?? ''));
  const costs = inTurn.map(({ usage }) => ((usage?.total_tokens ?? 0) * dollars) / 1_000_000);
  const spent = costs.map((_, i) => costs.slice(0, i + 1).reduce((sum, cost) => sum + cost));
  expect(result.costUsd).toBeCloseTo(spent.at(-1) ?? 0);
  const reached = spent.findIndex((sum) => sum >= limit);
  expect(reached).toBeGreaterThanOrEqual(0);
  // Those that ran when it was reached.
  expect(paid.length - 1 - reached).toBeLessThan(window);
  const rounding = 1e-9;
  expect(result.costUsd! - spent[reached]!).toBeLessThanOrEqual((window - 1) * Math.max(...costs) + rounding);
  expect(await createsOf('budget')).toHaveLength(paid.length);
  expect(result).toMatchObject({ counts: { cancelled: 20 - paid.length }, notStarted: 20 - paid.length });
  expect(err).toContain(`${result.notStarted} items were never started; \`batch retry\` starts them.`);
});

it('given more than 1,000 records -> then the table has the first 100, and JSON says where they are', async () => {
  const lines = Array.from({ length: 1_001 }, (_, i) => ({ id: `bad-${i}` }));
  const { code, out, err } = await start('big', lines, '--allow-bad-lines', '--wait');
  expect(code).toBe(1);
  const [header, ...rows] = out.trimEnd().split('\n');
  expect(header).toMatch(/^TASK +STATUS/);
  expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual(lines.slice(0, 100).map(({ id }) => [id, 'rejected']));
  expect(err).toContain('100 of 1001 shown; write all of them with: batch results big --out FILE');
  const json = await place.cli(['batch', 'wait', 'big', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ total: 1_001, counts: { rejected: 1_001 }, records: null });
  expect(json.err).toContain(
    'JSON has the records of at most 1,000 items, and null for these 1001; write them with: batch results big --out FILE\n',
  );
});

it('given a file of results that cannot be written -> then exit 1, one line with its name and the cause, and no rest of it', async () => {
  const lines = ['a', 'b'].map((id) => line(id, '0'));
  expect((await start('kept', lines, '--wait')).code).toBe(0);
  await writeFile(join(place.path, 'file'), '');
  const nowhere = await place.cli(['batch', 'results', 'kept', '--out', 'file/out.jsonl']);
  expect(nowhere).toMatchObject({ code: 1, out: '' });
  expect(nowhere.err).toMatch(/^error: file\/out\.jsonl: cannot be written \(ENOTDIR: [^\n]*\)\n$/m);
  // A limit of the size of files is the nearest to a full disk that anybody may set.
  const words = `'${process.execPath}' '${place.program('cli')}' batch results kept --html full.html`;
  const child = spawn('sh', ['-c', `ulimit -f 1; exec ${words}`], { cwd: place.path, env: place.env, stdio: 'pipe' });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(err).toMatch(/^error: full\.html: cannot be written \(EFBIG: [^\n]*\)\n$/m);
  for (const text of [nowhere.err, err]) expect(text).not.toMatch(/^ +at /m);
  expect((await readdir(place.path)).filter((name) => /full|out|tmp$/.test(name))).toEqual([]);
});
