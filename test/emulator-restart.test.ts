import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../emulator';
import { temporaryFolder } from './helpers/embedded';
import { emulated, START_MS } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const clock = { now: () => START_MS + 20_000 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let stateFile: string;
let second: Emulator | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
  stateFile = join(folder.path, 'deep', 'state.jsonl');
});

afterEach(async () => {
  await second?.close();
  second = undefined;
  await folder.remove();
});

/** Three responses: completed, failed, cancelled; a file; a container; a dropped create. Then it is closed. */
async function firstLife() {
  const all = await emulated({ stateFile, faults: [{ op: 'create', nth: 4, do: { kind: 'drop' } }] });
  const { client, create, emulator, at } = all;
  const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];
  const ids = [
    await create({ metadata: TIMES, tools }),
    await create({ metadata: { ...TIMES, emulator_scenario: 'failed' } }),
    await create({ metadata: { emulator_scenario: 'stuck_queued' } }),
  ];
  await create().catch(() => undefined);
  await client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' });
  at(2);
  await client.responses.cancel(ids[2] ?? '');
  at(20);
  const body = await client.responses.retrieve(ids[0] ?? '');
  const seen = {
    ledger: emulator.ledger(),
    statuses: await emulator.statuses(),
    files: emulator.liveFiles(),
    containers: emulator.liveContainers(),
  };
  await emulator.close();
  return { ids, body, seen, client };
}

describe('restart from the state file', () => {
  test('given a restart -> then ledger, statuses, files and containers are equal', async () => {
    const { ids, seen } = await firstLife();
    second = await startEmulator({ stateFile, clock });
    expect(await second.statuses()).toEqual(seen.statuses);
    expect(Object.values(seen.statuses)).toEqual(['completed', 'failed', 'cancelled']);
    expect(second.ledger()).toEqual(seen.ledger);
    expect(second.ledger().creates.map(({ id }) => id)).toEqual(ids);
    expect(second.liveFiles()).toEqual(seen.files);
    expect(second.liveContainers()).toEqual(seen.containers);
  });

  test('given a restart -> then a body is the same', async () => {
    const { body, ids } = await firstLife();
    second = await startEmulator({ stateFile, clock });
    const headers = { authorization: 'Bearer sk-test' };
    const again = await (await fetch(`${second.url}/responses/${ids[0]}`, { headers })).json();
    // The official client adds `output_text`.
    expect({ ...(again as object), output_text: body.output_text }).toEqual(body);
  });

  test('given a last line that was cut by a kill -> then only that entry is lost, and new ones are kept', async () => {
    const { seen } = await firstLife();
    appendFileSync(stateFile, '{"kind":"create","response":{"id":"resp_cut","cre');
    second = await startEmulator({ stateFile, clock });
    expect(second.ledger()).toEqual(seen.ledger);
    const third = await emulated({ stateFile });
    const id = await third.create();
    const fourth = await startEmulator({ stateFile, clock });
    const creates = fourth.ledger().creates.map((row) => row.id);
    await fourth.close();
    expect(creates).toEqual([...seen.ledger.creates.map((row) => row.id), id]);
  });

  test.each(['', '\n\n', 'null\n7\n"x"\n[]\n'])('given the state file %j -> then it starts empty', async (text) => {
    await firstLife();
    writeFileSync(stateFile, text);
    second = await startEmulator({ stateFile, clock });
    expect(second.ledger()).toMatchObject({ creates: [], calls: [], cancels: [] });
  });

  test('given any answer -> then its entry was in the file before', async () => {
    const { create } = await emulated({ stateFile });
    const id = await create();
    expect(readFileSync(stateFile, 'utf8')).toContain(`"id":"${id}"`);
  });
});

describe('ledger', () => {
  test('given requests of every sort -> then a row for each, in order', async () => {
    const { client, create, emulator, raw } = await emulated({
      faults: [{ op: 'retrieve', times: 1, do: { kind: 'drop' } }],
    });
    const id = await create({ metadata: { task_id: 'task-1', ...TIMES } });
    await client.responses.retrieve(id).catch(() => undefined);
    await client.responses.retrieve(id);
    await raw('POST', '/responses', { model: 'o3' });
    await raw('GET', '/responses/resp_none');
    await client.responses.cancel(id);
    const { calls, creates, cancels } = emulator.ledger();
    expect(calls.map(({ op, status, faulted, task }) => [op, status, faulted, task])).toEqual([
      ['create', 200, false, 'task-1'],
      ['retrieve', 0, true, 'task-1'],
      ['retrieve', 200, false, 'task-1'],
      ['create', 400, false, null],
      ['retrieve', 404, false, null],
      ['cancel', 200, false, 'task-1'],
    ]);
    expect(creates).toMatchObject([{ id, at: START_MS, metadata: { task_id: 'task-1' }, request: { model: 'o3' } }]);
    expect(cancels).toEqual([{ id, at: START_MS, status: 200 }]);
  });

  test('given the pages for people -> then ledger, statuses and health, without a key', async () => {
    const { create, emulator } = await emulated();
    const id = await create();
    const page = async (name: string): Promise<unknown> =>
      (await fetch(emulator.url.replace('/v1', `/emulator/${name}`))).json();
    expect(await page('ledger')).toEqual(JSON.parse(JSON.stringify(emulator.ledger())));
    expect(await page('responses')).toEqual({ [id]: 'queued' });
    expect(await page('health')).toEqual({ ok: true });
    expect(await page('other')).toMatchObject({ error: { message: 'No such page of the emulator.' } });
  });

  test('given identical requests with an idempotency key -> then distinct responses', async () => {
    const { raw, emulator } = await emulated();
    const body = { model: 'o3', input: 'Hi', background: true };
    for (let i = 0; i < 2; i++) await raw('POST', '/responses', body, { 'idempotency-key': 'same' });
    expect(new Set(emulator.ledger().creates.map(({ id }) => id)).size).toBe(2);
  });
});
