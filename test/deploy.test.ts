/** A deploy of changed workflow code while tasks are open: all end rightly, and no history contradicts the new code. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { checkMoney } from '../chaos/checks/money';
import type { BatchResult, ReportResult, TaskResult } from '../src/contracts';
import { bundleWhere, changedBundle } from './helpers/bundles';
import { areCreated, deploy, startOthers, startShapes, type DeployedWorker, type OpenTask } from './helpers/deploys';
import { allHistories, contradicted, unreplayable } from './helpers/determinism';
import { eventually, temporaryFolder } from './helpers/embedded';
import { publishTable } from './helpers/proof';
import { callsOf, createsOf, devServerWorld, stillRunning, WORKFLOW_BUNDLE, type World } from './helpers/world';

const TODAY = readFileSync(WORKFLOW_BUNDLE.codePath, 'utf8');

let world: World;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  [world, folder] = await Promise.all([devServerWorld(), temporaryFolder()]);
});
/** For docs/proof.md. */
const figures: string[][] = [];
afterAll(() => publishTable('deploys', HEAD, figures));
afterEach(async () => {
  await world.close();
  await folder.remove();
});

/** The server gives a workflow that a worker had in its cache to another one after ten seconds. */
const soon = (isSo: () => boolean | Promise<boolean>) => eventually('the state that the test waits for', isSo, 60);

const complaintsOf = (worker: DeployedWorker): string[] =>
  worker
    .said()
    .split('\n')
    .filter((line) => /nondeterminism|TMPRL1100/i.test(line));

async function endsOf(tasks: OpenTask[]) {
  const results = await Promise.all(tasks.map(({ handle }) => handle.result() as Promise<TaskResult>));
  const wrong = tasks.flatMap(({ id, shape: { ends = 'completed' } }, i) =>
    results[i]?.status === ends ? [] : [`${id}: ${results[i]?.status}, expected ${ends}`],
  );
  const creates = tasks.flatMap(({ id }) => createsOf(world.emulator, id));
  const { silent } = checkMoney(results, { creates });
  return { wrong, silent, orphans: results.flatMap(({ possibleOrphans }) => possibleOrphans) };
}

interface Deploy {
  each: number;
  items: number;
  how: 'stop' | 'kill';
}

/** The code before all patches works until everything is open; that of today does the rest. */
async function deployed({ each, items, how }: Deploy) {
  const before = await deploy(world, folder.path, 'before', bundleWhere(false).code);
  const { batch, report } = await startOthers(world, how, items);
  const tasks = await startShapes(world, how, each);
  await soon(() => areCreated(world, tasks));
  await Promise.all(tasks.map(async ({ shape, handle }) => shape.before?.(handle)));
  const begun = () => world.emulator.ledger().creates.filter(({ metadata }) => metadata.task_id?.includes('-batch/'));
  // More than one step of the window, and not all of it.
  await soon(() => begun().length > 8);
  await before[how]();
  const { count: open } = await world.client.workflow.count("ExecutionStatus = 'Running'");
  const after = await deploy(world, folder.path, 'after', TODAY);
  await Promise.all(tasks.map(async ({ shape, handle }) => shape.after?.(handle)));
  const ends = await endsOf(tasks);
  const { counts } = (await batch.result()) as BatchResult;
  const { status, notCleaned } = (await report.result()) as ReportResult;
  const all = await allHistories(world);
  await after.stop();
  const perTask = tasks.reduce((sum, { shape: { creates = 1 } }) => sum + creates, 0);
  return {
    tasks: tasks.length,
    open,
    all,
    ...ends,
    creates: world.emulator.ledger().creates.length,
    // Each item has one, and so has the report.
    expectedCreates: perTask + items + 1,
    counts,
    report: { status, notCleaned },
    contradictions: [...contradicted(all), ...complaintsOf(after)],
  };
}

const HEAD = [
  'the old worker is',
  'tasks',
  'workflows open',
  'wrong ends',
  'creates',
  'silent creates',
  'possible orphans named',
  'non-determinism errors',
  'histories replayed',
];

type Seen = Awaited<ReturnType<typeof deployed>>;

const rowOf = (how: string, items: number, seen: Seen): string[] =>
  [
    how,
    `${seen.tasks} + batch of ${items} + report`,
    seen.open,
    seen.wrong.length,
    seen.creates,
    seen.silent.length,
    seen.orphans.length,
    seen.contradictions.length,
    seen.all.length,
  ].map(String);

const rightly = (items: number) => ({
  wrong: [],
  silent: [],
  contradictions: [],
  counts: { completed: items },
  report: { status: 'completed', notCleaned: [] },
});

test('given 100 open tasks, a batch and a report, and a worker that is stopped -> all end rightly under other code', async () => {
  const [each, items] = [8, 40];
  const seen = await deployed({ each, items, how: 'stop' });
  figures.push(rowOf('stopped', items, seen));
  expect(seen.open).toBeGreaterThanOrEqual(100);
  expect(seen).toMatchObject({ ...rightly(items), orphans: [], creates: seen.expectedCreates });
  expect(await stillRunning(world.emulator)).toEqual([]);
  expect(await unreplayable(seen.all)).toEqual([]);
  // Without the branches for what came before, this deploy would have broken some of them.
  for (const id of ['keep-hint', 'slower-fill'])
    expect((await unreplayable(seen.all, bundleWhere(true, [id]))).length, id).toBeGreaterThan(0);
}, 180_000);

test('given a worker that is killed -> the same, and what may have been paid twice is named', async () => {
  const [each, items] = [2, 16];
  const seen = await deployed({ each, items, how: 'kill' });
  figures.push(rowOf('killed (-9)', items, seen));
  expect(seen).toMatchObject(rightly(items));
  expect(await unreplayable(seen.all)).toEqual([]);
}, 180_000);

test('given code that does not fit the open tasks, a timer at the start of the watch -> the same checks say so', async () => {
  const before = await deploy(world, folder.path, 'before', TODAY);
  const tasks = await startShapes(world, 'broken', 2, ['durable-looks', 'webhook-awaited', 'cancelled-after']);
  // A task that has only been created, and not yet been looked at, fits this code too.
  const looked = tasks.filter(({ shape }) => shape.options?.watch !== 'webhook');
  await soon(() => looked.every(({ id }) => callsOf(world.emulator, id, 'retrieve').length > 0));
  await before.stop();
  const start = 'async function watchResponse(task, responseId) {';
  const { code } = changedBundle(start, `${start}\n    await (0, workflow_1.sleep)(1000);`);
  const after = await deploy(world, folder.path, 'after', code);
  await Promise.all(tasks.map(({ handle }) => handle.signal('lookNow')));
  await soon(() => complaintsOf(after).length > 0);
  await soon(async () => contradicted(await allHistories(world)).length > 0);
  await after.stop();
  expect((await unreplayable(await allHistories(world), { code })).length).toBeGreaterThan(0);
}, 180_000);
