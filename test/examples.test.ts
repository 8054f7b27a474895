/** The examples against `npm start`, as a person runs them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { maxInFlight, type Ledger } from '../emulator';
import type { ListedTask, Summary } from '../src/client';
import { PRIORITIES, REPORT_SECTIONS, type Priority } from '../src/contracts';
import { emulatorOf, newPlace, runNode, stopPlace, type Place, type Running } from './helpers/programs';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start({ DURABLE_RESPONSES_MAX_IN_FLIGHT: '2' });
});

afterAll(() => stopPlace(place, started));

const run = (name: string, ...args: string[]) =>
  runNode([join(__dirname, '..', 'lib', 'examples', `${name}.js`), ...args], { cwd: place.path, env: place.env }).ended;

const creates = async () => ((await (await fetch((await emulatorOf(place)).ledgerUrl)).json()) as Ledger).creates;

const linesOf = (out: string) => out.trimEnd().split('\n');

const PROMPTS = ['Analyze financial report 1', 'Generate market summary 2', 'Create customer analysis 3'];

/** What batch-processing prints: a record on each line. */
const recordsOf = (out: string) =>
  linesOf(out).map((line) => JSON.parse(line) as { prompt: string; status: string; result: string });

it('batch-processing -> a record for each task, in order, with its own answer; started again, nothing is created', async () => {
  const first = await run('batch-processing', 'o3', 'examples');
  expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
  const records = recordsOf(first.out);
  expect(records.map(({ prompt, status }) => [prompt, status])).toEqual(PROMPTS.map((text) => [text, 'completed']));
  for (const { prompt, result } of records) expect(result).toContain(prompt);
  expect((await run('batch-processing', 'o3', 'examples')).out).toBe(first.out);
  const made = await creates();
  expect(made.map(({ metadata }) => metadata.task_id).sort()).toEqual([1, 2, 3].map((n) => `examples/task-${n}`));
});

it('batch-processing of tasks that fail -> their records say so', async () => {
  const { code, out } = await run('batch-processing', 'emulator-failed', 'failing');
  expect(code).toBe(0);
  expect(recordsOf(out).map(({ prompt, status }) => [prompt, status])).toEqual(PROMPTS.map((text) => [text, 'failed']));
  expect(recordsOf(out)[0]?.result).toMatch(/error/);
});

/** From its start to its place in the queue, on a slow machine. */
const QUEUED_AFTER_MS = 2_000;

/** Tasks that waited while one of a lower priority was created. */
async function overtaken(made: Ledger['creates']): Promise<string[]> {
  const listed = JSON.parse((await place.cli(['task', 'list', '--json'])).out) as ListedTask[];
  const queuedMs = new Map(listed.map(({ id, startedAt }) => [id, Date.parse(startedAt) + QUEUED_AFTER_MS]));
  const rows = made.map(({ at, metadata: { task_id: id = '', priority } }) => {
    return { id, at, rank: PRIORITIES.indexOf(priority as Priority) };
  });
  const waitedAt = (at: number) => rows.filter((row) => row.at > at && (queuedMs.get(row.id) ?? NaN) < at);
  return rows.flatMap(({ at, rank }) => waitedAt(at).flatMap((row) => (row.rank < rank ? [row.id] : [])));
}

it('task-prioritization -> the high ones go before all that wait; counts while and after', async () => {
  const before = (await creates()).length;
  const { completed = 0 } = (JSON.parse((await place.cli(['summary', '--json'])).out) as Summary).byStatus;
  const { code, out, err } = await run('task-prioritization');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(linesOf(out).filter((line) => line.startsWith('started: '))).toHaveLength(6);
  expect(out).toMatch(/^while: \{"completed":\d+,"in_progress":\d+,"queued":\d+,"failed":\d+\}$/m);
  const counts = `{"completed":${completed + 6},"in_progress":0,"queued":0,"failed":`;
  expect(linesOf(out).at(-1)).toContain(`after: ${counts}`);
  const made = (await creates()).slice(before);
  expect(made).toHaveLength(6);
  expect(maxInFlight(made)).toBe(2);
  expect(await overtaken(made)).toEqual([]);
});

it('report -> six sections as text and page, the files of the run, one create', async () => {
  const before = (await creates()).length;
  const out = join(place.path, 'report');
  const ran = await run('report', out, join(__dirname, '..', 'examples', 'data'));
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  expect(ran.out).toContain('completed: 0 things missing, 0 left upstream');
  expect(linesOf(ran.out).slice(-4)).toEqual([
    join(out, 'report.md'),
    join(out, 'report.html'),
    expect.stringMatching(/summary-\w+\.csv$/),
    expect.stringMatching(/chart-\w+\.png$/),
  ]);
  const markdown = readFileSync(join(out, 'report.md'), 'utf8');
  for (const title of REPORT_SECTIONS) expect(markdown).toContain(`## ${title}`);
  expect((await creates()).length).toBe(before + 1);
});
