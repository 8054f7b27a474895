/** Reports: what they save, what they say, and that nothing is left upstream however they end. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { REPORT_SECTIONS, type ReportPlan, type StoredAnswer } from '../src/contracts';
import { readAnswer } from '../src/store/batch-records';
import { keepingWorker } from './helpers/kept-worker';
import { aPlan, begin, createsOfReport, leftUpstream, progressOf, resultOf, withSnapshot } from './helpers/reports';
import { devServerWorld, stillRunning, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await devServerWorld({ emulator: { timeScale: 4 } }));
});
afterAll(() => world.close());
afterEach(() => world.emulator.setFaults([]));

async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 20_000, interval: 50 }).toBe(true);
}

const finished = (plan: ReportPlan) => world.withWorker(async () => resultOf(await begin(world, plan)));

function expectNothingLeft(): void {
  expect(leftUpstream(world.emulator)).toEqual([]);
}

test('given a table and a document -> then six sections, every file with its bytes, nothing left upstream', async () => {
  const { activities, files } = withSnapshot(world);
  const result = await world.withWorker(async () => resultOf(await begin(world, aPlan())), activities);
  expect(result).toMatchObject({ status: 'completed', missing: [], notCleaned: [], error: null });
  const answer = await readAnswer(world.store, result.answerKey ?? '');
  for (const title of REPORT_SECTIONS) expect(answer?.outputText).toContain(`## ${title}`);
  expect(result.artifacts.map(({ name }) => name).sort()).toEqual([...files.keys()].sort());
  expect(files.size).toBeGreaterThanOrEqual(2);
  for (const { name, key, sha256, sizeBytes } of result.artifacts) {
    const saved = await world.store.get(key);
    expect(saved.equals(files.get(name) ?? Buffer.alloc(0))).toBe(true);
    expect(sha256).toBe(createHash('sha256').update(saved).digest('hex'));
    expect(sizeBytes).toBe(saved.length);
  }
  expectNothingLeft();
  expect(createsOfReport(world, result.reportId)).toHaveLength(1);
});

test('given the run -> then it has the three tools, the document in the vector store, both files in the container', async () => {
  const { artifacts, answerKey } = await finished(aPlan());
  const { response } = JSON.parse((await world.store.get(answerKey ?? '')).toString()) as StoredAnswer;
  const { vectorStores, containers } = world.emulator.ledger();
  expect(response.tools).toEqual([
    expect.objectContaining({ type: 'web_search' }),
    expect.objectContaining({ type: 'code_interpreter', container: containers.at(-1)?.id }),
    expect.objectContaining({ type: 'file_search', vector_store_ids: [vectorStores.at(-1)?.id] }),
  ]);
  expect(response.reasoning?.effort).toBe('high');
  const found = response.output.flatMap((item) => (item.type === 'file_search_call' ? (item.results ?? []) : []));
  expect(found.every(({ filename }) => filename?.startsWith('market_research-report-'))).toBe(true);
  // The emulator's run writes down which files it read.
  const table = artifacts.find(({ name }) => name.endsWith('.csv'));
  const read = (await world.store.get(table?.key ?? '')).toString();
  expect(read).toMatch(/"sales_data-report-\w+\.csv"/);
  expect(read).toMatch(/"market_research-report-\w+\.md"/);
});

test('given only tables -> then no vector store is made', async () => {
  const before = world.emulator.ledger().vectorStores.length;
  const [csv] = aPlan().sources;
  const result = await finished(aPlan({ sources: csv ? [csv] : [] }));
  expect(result).toMatchObject({ status: 'completed', missing: [] });
  expect(world.emulator.ledger().vectorStores).toHaveLength(before);
});

test.each([
  { scenario: 'failed', status: 'failed', artifacts: 0 },
  { scenario: 'incomplete_max_output_tokens', status: 'incomplete', artifacts: 2 },
])('given a run that ends as $status -> then so does the report, and nothing is left', async (expected) => {
  const result = await finished(aPlan({ metadata: { emulator_scenario: expected.scenario } }));
  expect(result.status).toBe(expected.status);
  expect(result.artifacts).toHaveLength(expected.artifacts);
  expect(result.error).not.toBeNull();
  expectNothingLeft();
});

test.each<{ op: FaultRule['op']; what: string }>([
  { op: 'file_create', what: 'an upload' },
  { op: 'vector_store_create', what: 'the vector store' },
  { op: 'container_create', what: 'the container' },
])('given the reply to $what is lost -> then it is made again, and both are deleted', async ({ op }) => {
  world.emulator.setFaults([{ op, nth: 1, times: 1, do: { kind: 'drop', accept: true } }]);
  const result = await finished(aPlan());
  expect(world.emulator.faultsFired()).toEqual([1]);
  expect(result).toMatchObject({ status: 'completed', notCleaned: [] });
  expectNothingLeft();
});

test('given an upload that is refused for good -> then rejected before any run, and nothing is left', async () => {
  const refusal = { kind: 'status', status: 400, code: 'invalid_file', message: 'No.' } as const;
  world.emulator.setFaults([{ op: 'file_create', nth: 2, do: refusal }]);
  const result = await finished(aPlan());
  expect(result).toMatchObject({ status: 'rejected', taskId: null, error: { code: 'Upstream.Rejected' } });
  expect(createsOfReport(world, result.reportId)).toEqual([]);
  expectNothingLeft();
});

test('given files that cannot be had at first, or not at all -> then those that can be are saved, the other is named', async () => {
  world.emulator.setFaults([
    { op: 'container_file_content', times: 2, do: { kind: 'status', status: 503 } },
    {
      op: 'container_file_content',
      times: 1,
      do: { kind: 'status', status: 404, message: 'Container file not found.' },
    },
  ]);
  const result = await finished(aPlan());
  expect(result.artifacts).toHaveLength(1);
  expect(result.missing).toHaveLength(1);
  expect(result.missing[0]).toMatch(/^the file (chart|summary)-/);
  expectNothingLeft();
});

test('given sections that the answer does not have -> then they are named', async () => {
  // The emulator takes the longer list of the two for the contents.
  const instructions = ['Also:', ...Array.from({ length: 3 }, (_, i) => `${i + 1}. Part ${i + 1}`)].join('\n');
  const result = await finished(aPlan({ sections: ['Outlook', 'Risks'], instructions }));
  expect(result.missing).toEqual(['the section "Outlook"', 'the section "Risks"']);
});

test.each([
  { phase: 'uploading', by: 'signal', hold: 'file_create' },
  { phase: 'indexing', by: 'signal', hold: 'vector_store_create' },
  { phase: 'running', by: 'signal', hold: null },
  { phase: 'running', by: 'temporal', hold: null },
] as const)('given a cancel by $by while $phase -> then cancelled upstream, and nothing is left', async (given) => {
  if (given.hold) world.emulator.setFaults([{ op: given.hold, do: { kind: 'delay', ms: 800 } }]);
  const handle = await begin(world, aPlan({ metadata: { emulator_run_seconds: '240' } }));
  const result = await world.withWorker(async () => {
    await eventually(async () => (await progressOf(handle)).phase === given.phase);
    if (given.phase === 'running') await eventually(() => createsOfReport(world, handle.workflowId).length === 1);
    else await eventually(() => world.emulator.ledger().calls.some(({ op }) => op === given.hold));
    await (given.by === 'signal' ? handle.signal('cancelReport', 'enough') : handle.cancel());
    return resultOf(handle);
  });
  expect(result).toMatchObject({ status: 'cancelled', notCleaned: [] });
  expect((await handle.describe()).status.name).toBe(given.by === 'signal' ? 'COMPLETED' : 'CANCELLED');
  expect(await stillRunning(world.emulator)).toEqual([]);
  expectNothingLeft();
});

test('given an upload that fails after the cancel -> then cancelled, and not rejected', async () => {
  world.emulator.setFaults([{ op: 'file_create', do: { kind: 'hang', ms: 800 } }]);
  const handle = await begin(world, aPlan());
  const result = await world.withWorker(async () => {
    await eventually(() => world.emulator.ledger().calls.some(({ op }) => op === 'file_create'));
    await handle.signal('cancelReport', 'enough');
    return resultOf(handle);
  });
  expect(result).toMatchObject({ status: 'cancelled', cancelReason: 'enough', notCleaned: [] });
});

test('given the run is terminated by hand -> then the report says so, and nothing is left', async () => {
  const handle = await begin(world, aPlan({ metadata: { emulator_run_seconds: '240' } }));
  const result = await world.withWorker(async () => {
    await eventually(() => createsOfReport(world, handle.workflowId).length === 1);
    await world.client.workflow.getHandle(`${handle.workflowId}/run`).terminate('by hand');
    return resultOf(handle);
  });
  expect(result).toMatchObject({ status: 'unknown', notCleaned: [] });
  expect(result.error?.message).toContain(`Task ${handle.workflowId}/run`);
  expectNothingLeft();
});

test('given a deletion that fails for good -> then the result names what is left', async () => {
  world.emulator.setFaults([{ op: 'container_delete', do: { kind: 'status', status: 403, message: 'Not yours.' } }]);
  const result = await finished(aPlan());
  expect(result.status).toBe('completed');
  expect(result.notCleaned).toEqual([expect.stringMatching(/^container cntr_\w+: .*Not yours/)]);
  expect(world.emulator.liveContainers()).toHaveLength(1);
  expect([...world.emulator.liveFiles(), ...world.emulator.liveVectorStores()]).toEqual([]);
});
