/** `report ...` against `npm start`: files as a person gets them, and names that try to be markup. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../emulator';
import { REPORT_SECTIONS, type ReportResult } from '../src/contracts';
import { eventually } from './helpers/embedded';
import { attr, named, nodesOf, textOf } from './helpers/report-pages';
import { emulatorOf, newPlace, stopPlace, type Place, type Running } from './helpers/programs';

const DATA = join(__dirname, '..', 'examples', 'data');
const SOURCES = ['sales_data.csv', 'market_research.pdf'].flatMap((name) => ['--source', join(DATA, name)]);
const QUICK = ['--poll-intervals', '0.2', '--metadata', 'emulator_run_seconds=0.5'];

let place: Place;
let started: Running;
beforeAll(async () => {
  place = await newPlace();
  started = await place.start();
});
afterAll(() => stopPlace(place, started));

const ledger = async (): Promise<Ledger> =>
  (await fetch((await emulatorOf(place)).ledgerUrl)).json() as Promise<Ledger>;

/** What was made upstream and is still there. */
async function leftUpstream(): Promise<string[]> {
  const { files, vectorStores, containers } = await ledger();
  return [...files, ...vectorStores, ...containers].filter((one) => one.deletedAt === null).map(({ id }) => id);
}

const report = (id: string, ...words: string[]) =>
  place.cli(['report', 'start', '--title', 'Lamps & kettles', '--id', id, ...SOURCES, ...QUICK, ...words]);

test('given --out -> then report.md, report.html and the files are there, and exit 0', async () => {
  const out = join(place.path, 'out', 'deep');
  const { code, out: printed, err } = await report('plain', '--out', out);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(printed.trim().split('\n')).toEqual(
    expect.arrayContaining([join(out, 'report.md'), join(out, 'report.html')]),
  );
  const markdown = readFileSync(join(out, 'report.md'), 'utf8');
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  for (const title of REPORT_SECTIONS) {
    expect(markdown).toContain(title);
    expect(page).toContain(title);
  }
  expect(readdirSync(join(out, 'files')).sort()).toEqual([
    expect.stringMatching(/^chart-\w+\.png$/),
    expect.stringMatching(/^summary-\w+\.csv$/),
  ]);
  expect(page).toContain('src="data:image/png;base64,');
  // Upstream the sources have a mark in their names.
  expect(markdown).toMatch(/Files read: sales_data\.csv .*, market_research\.pdf /);
  expect(await leftUpstream()).toEqual([]);
});

test('given a title, a source and a file of the run that are markup -> then they are text', async () => {
  const [name, evil] = ['<img src=x onerror=alert(1)>.md', '<script>alert(1)</script>'];
  writeFileSync(join(place.path, name), `A source about ${evil}`);
  const made = ['--metadata', `emulator_artifact_names=${evil}.png,../../escape.csv`];
  const out = join(place.path, 'evil');
  const words = ['--title', evil, '--id', 'evil', '--source', name, '--instructions', `Quote ${evil}`, '--out', out];
  const { code } = await place.cli(['report', 'start', ...words, ...QUICK, ...made]);
  expect(code).toBe(0);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  const parse5 = await import('parse5');
  const nodes = nodesOf(parse5.parse(page));
  expect(named(nodes, 'script').length).toBeLessThanOrEqual(1);
  expect(nodes.flatMap(({ attrs = [] }) => attrs).filter(({ name: one }) => /^on/i.test(one))).toEqual([]);
  expect(named(nodes, 'img').filter((image) => !attr(image, 'src')?.startsWith('data:image/png;'))).toEqual([]);
  expect(named(nodes, 'h1').map(textOf)).toEqual([evil]);
  expect(page).not.toContain(evil);
  expect(existsSync(join(out, '..', '..', 'escape.csv'))).toBe(false);
  expect(readdirSync(join(out, 'files')).every((file) => /^[\w.-]+$/.test(file))).toBe(true);
});

test('given start without --out -> then status, wait and save find it, also by a second save', async () => {
  const begun = await report('later', '--json');
  expect(JSON.parse(begun.out)).toMatchObject({ id: 'later', joined: false });
  expect(JSON.parse((await report('later', '--json')).out)).toMatchObject({ joined: true });
  const waited = await place.cli(['report', 'wait', 'later', '--json']);
  const result = JSON.parse(waited.out) as ReportResult;
  expect(result).toMatchObject({ status: 'completed', missing: [], notCleaned: [] });
  const status = await place.cli(['report', 'status', 'later']);
  expect([status.code, status.out]).toEqual([0, expect.stringContaining('phase: "done"')]);
  const out = join(place.path, 'saved');
  const [first, second] = [
    await place.cli(['report', 'save', 'later', '--out', out]),
    await place.cli(['report', 'save', 'later', '--out', out]),
  ];
  expect([first.code, second.code, second.out]).toEqual([0, 0, first.out]);
  expect((await ledger()).creates.filter(({ metadata }) => metadata.task_id === 'later/run')).toHaveLength(1);
});

test('given Ctrl-C while waiting -> then the report goes on; cancel ends it, nothing is left', async () => {
  const slow = ['--metadata', 'emulator_run_seconds=600', '--out', join(place.path, 'never')];
  const waiting = place.begin(['report', 'start', '--title', 'Slow', '--id', 'slow', ...SOURCES, ...slow]);
  await eventually('the run is under way', () => waiting.said().includes('slow: running'));
  waiting.child.kill('SIGINT');
  const { code, err } = await waiting.ended;
  expect([code, err]).toEqual([1, expect.stringContaining('slow goes on. Come back with:')]);
  expect((await place.cli(['report', 'cancel', 'slow', '--reason', 'enough'])).code).toBe(0);
  const ended = await place.cli(['report', 'save', 'slow', '--out', join(place.path, 'never')]);
  expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('slow: cancelled')]);
  expect(ended.err).toContain('There is no answer, so nothing was written.');
  expect(existsSync(join(place.path, 'never'))).toBe(false);
  expect(await leftUpstream()).toEqual([]);
});

test.each<[string, string[], RegExp]>([
  ['no title', ['start', ...SOURCES], /--title/],
  ['no source', ['start', '--title', 'T'], /sources: expected a list of files/],
  [
    'a source that is not there',
    ['start', '--title', 'T', '--source', 'none.csv'],
    /"none\.csv" cannot be read \(ENOENT\)/,
  ],
  ['an id of another kind', ['status', 'plain/run/none'], /no such task, batch or report/],
  ['a folder that is a file', ['save', 'plain', '--out', join(DATA, 'sales_data.csv')], /is no folder/],
  ['a task', ['wait', 'plain/run'], /is a task, no report/],
])('given %s -> then exit 2 and what to do', async (_, words, said) => {
  const { code, err } = await place.cli(['report', ...words]);
  expect([code, err]).toEqual([2, expect.stringMatching(said)]);
});
