/** Keys of the user's own that can be no ids: in the records and the output files, and nowhere else. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DurableResponses } from '../src/client';
import { parseBatchLines } from '../src/client';
import type { BatchRecord } from '../src/contracts';
import { linesOf } from '../src/results/formats';
import { connectTo } from './helpers/clients';
import { all } from './helpers/records';
import { devServerWorld, uniqueId, type World } from './helpers/world';

const CANARY = 'Canary';
const CUSTOM_IDS = [`${CANARY}/1 of 3`, `${CANARY} "zwei" ☃ \u202e`, `${CANARY}-3`.padEnd(200, 'x')];

let world: World;
let client: DurableResponses;
beforeAll(async () => {
  world = await devServerWorld();
  client = await connectTo(world);
});
afterAll(async () => {
  await client.close();
  await world.close();
});

/** As in a file of the Batch API; the second fails. */
const lines = CUSTOM_IDS.map((custom_id, i) => {
  const metadata = { emulator_run_seconds: '0', emulator_scenario: i === 1 ? 'failed' : 'text' };
  const body = { model: 'o3', input: `Prompt ${i + 1}`, metadata };
  return JSON.stringify({ custom_id, method: 'POST', url: '/v1/responses', body });
});

async function recordsOf(id: string): Promise<BatchRecord[]> {
  const { records } = await client.batchResult(id);
  return records ?? [];
}

/** All that the server keeps of a workflow: id, search attributes, memo, summary, and the history with its payloads. */
async function kept(id: string): Promise<string> {
  const handle = client.temporal.workflow.getHandle(id);
  const described = await handle.describe();
  const { typedSearchAttributes, memo, workflowId } = described;
  const history = historyToJSON(await handle.fetchHistory());
  const decoded = history.replace(/"data": ?"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());
  return JSON.stringify([typedSearchAttributes.getAll(), memo, workflowId, await described.staticSummary()]) + decoded;
}

test('given custom_ids that can be no ids -> then records and output lines have them, ids and histories do not', async () => {
  const { items, problems } = parseBatchLines(lines.join('\n'));
  expect(problems).toEqual([]);
  const id = uniqueId('batch');
  await world.withWorker(async () => {
    await client.startBatch({ items, options: { pollIntervalsSeconds: [0.2] } }, { id });
    const records = await recordsOf(id);
    expect(records.map(({ customId, status }) => [customId, status])).toEqual([
      [CUSTOM_IDS[0], 'completed'],
      [CUSTOM_IDS[1], 'failed'],
      [CUSTOM_IDS[2], 'completed'],
    ]);
    expect(records.map(({ workflowId }) => workflowId)).toEqual([1, 2, 3].map((n) => `${id}/item-000${n}`));
    const written = { records: 0, omitted: 0 };
    const output = await all(linesOf('openai-batch', await client.batchReader(id), id, written));
    const keys = output
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    expect(keys).toEqual(CUSTOM_IDS);
    const [page, task] = await Promise.all([kept(`${id}/page/0001`), kept(`${id}/item-0001`)]);
    expect(page).toContain('"id":"item-0003"');
    expect(page + task).not.toContain(CANARY);
  });
});

test('given one that failed, tried again -> then its new record has the same custom_id', async () => {
  const { items } = parseBatchLines(lines.join('\n'));
  await world.withWorker(async () => {
    const { id } = await client.startBatch({ items, options: { pollIntervalsSeconds: [0.2] } });
    await recordsOf(id);
    const again = await client.retryBatch(id);
    expect((await recordsOf(again.id)).map(({ customId, status }) => [customId, status])).toEqual([
      [CUSTOM_IDS[1], 'failed'],
    ]);
  });
});
