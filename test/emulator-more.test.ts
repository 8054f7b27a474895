import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { APIError } from 'openai';
import { describe, expect, test, vi } from 'vitest';
import { startEmulator } from '../emulator';
import { FaultPlan } from '../emulator/faults';
import { parseMultipart } from '../emulator/multipart';
import { emulated, START_MS } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const MCP = { type: 'mcp', server_label: 's' };

async function failureOf(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (error instanceof APIError) return error;
  throw new Error('The call was not refused.');
}

describe('refused requests, nested', () => {
  test.each<[string, Record<string, unknown>, string | null, string]>([
    ['unknown scenario', { metadata: { emulator_scenario: 'txt' } }, 'metadata.emulator_scenario', 'invalid_value'],
    ['unknown model of the emulator', { model: 'emulator-txt' }, 'model', 'model_not_found'],
    [
      'seconds in words',
      { metadata: { emulator_run_seconds: 'ten' } },
      'metadata.emulator_run_seconds',
      'invalid_value',
    ],
    ['unknown tool', { tools: [{ type: 'teleport' }] }, 'tools[0].type', 'invalid_value'],
    [
      'filters.type',
      { tools: [{ type: 'web_search', filters: { type: 'x' } }] },
      'tools[0].filters.type',
      'unknown_parameter',
    ],
    ['max_uses', { tools: [{ type: 'web_search', max_uses: 3 }] }, 'tools[0].max_uses', 'unknown_parameter'],
    [
      '51 results',
      { tools: [{ type: 'file_search', vector_store_ids: ['v'], max_num_results: 51 }] },
      'tools[0].max_num_results',
      'integer_above_max_value',
    ],
    [
      'two targets',
      { tools: [{ ...MCP, server_url: 'u', connector_id: 'connector_gmail' }] },
      'tools[0]',
      'mutually_exclusive_parameters',
    ],
    ['a bad tunnel', { tools: [{ ...MCP, tunnel_id: 'tunnel_1' }] }, 'tools[0].tunnel_id', 'invalid_value'],
    [
      'a number among ids',
      { tools: [{ type: 'file_search', vector_store_ids: [7] }] },
      'tools[0].vector_store_ids[0]',
      'invalid_type',
    ],
    ['a bad effort', { reasoning: { effort: 'huge' } }, 'reasoning.effort', 'invalid_value'],
    ['a bad verbosity', { text: { verbosity: 'loud' } }, 'text.verbosity', 'invalid_value'],
    [
      'a bad format name',
      { text: { format: { type: 'json_schema', name: 'a b', schema: {} } } },
      'text.format.name',
      'invalid_value',
    ],
    [
      'a lax strict schema',
      {
        text: { format: { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object', properties: {} } } },
      },
      'text.format.schema',
      'invalid_json_schema',
    ],
    ['top_logprobs 21', { top_logprobs: 21 }, 'top_logprobs', 'integer_above_max_value'],
    ['temperature 2.5', { temperature: 2.5 }, 'temperature', 'decimal_above_max_value'],
    ['a bad tool choice', { tool_choice: 'maybe' }, 'tool_choice', 'invalid_value'],
    ['a prompt without id', { prompt: {} }, 'prompt.id', 'missing_required_parameter'],
  ])('given %s -> then 400 at its place', async (_name, fields, param, code) => {
    const { create, emulator } = await emulated();
    expect(await failureOf(create(fields))).toMatchObject({ status: 400, param, code });
    expect(emulator.ledger().creates).toEqual([]);
  });

  test('given several allowed values -> then they are listed as the API lists them', async () => {
    const { create } = await emulated();
    const { message } = await failureOf(create({ text: { verbosity: 'loud' } }));
    expect(message).toBe("400 Invalid value: 'loud'. Supported values are: 'low', 'medium', and 'high'.");
  });
});

describe('keys', () => {
  test('given a list of keys -> then only they are let in, and a long key is masked', async () => {
    const { raw } = await emulated({ keys: ['sk-mine'] });
    expect((await raw('GET', '/models', undefined, { authorization: 'Bearer sk-mine' })).status).toBe(200);
    const refused = await raw('GET', '/models', undefined, { authorization: 'Bearer sk-0123456789abcdefWXYZ' });
    expect(await refused.text()).toContain('sk-01234***********WXYZ');
  });

  test('given the Azure profile -> then its own header is taken', async () => {
    const { raw } = await emulated({ profile: 'azure' });
    expect((await raw('GET', '/models', undefined, { authorization: '', 'api-key': 'any' })).status).toBe(200);
  });
});

describe('faults that need their moment', () => {
  test('given regress -> then it waits for the end, and fires once', async () => {
    const { client, create, at, emulator } = await emulated({ faults: [{ nth: 1, do: { kind: 'regress' } }] });
    const id = await create({ metadata: TIMES });
    await client.responses.retrieve(id);
    expect(emulator.faultsFired()).toEqual([0]);
    at(10);
    expect((await client.responses.retrieve(id)).status).toBe('in_progress');
    expect((await client.responses.retrieve(id)).status).toBe('completed');
    expect(emulator.faultsFired()).toEqual([1]);
  });

  test('given late_completion on a cancel -> then cancelled turns into completed', async () => {
    const { client, create, at } = await emulated({ faults: [{ op: 'cancel', do: { kind: 'late_completion' } }] });
    const id = await create({ metadata: TIMES });
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    at(10);
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: 'completed',
      completed_at: START_MS / 1000 + 10,
    });
  });

  test('given a date in a header and the key in a message -> then both are filled in', async () => {
    const headers = { 'retry-after': '{date+5}' };
    const fault = { kind: 'status' as const, status: 401, headers, message: 'Bad key {key}.' };
    const { create } = await emulated({ faults: [{ do: fault }] });
    const error = await failureOf(create());
    expect(error.headers?.get('retry-after')).toBe(new Date(START_MS + 5000).toUTCString());
    expect(error.message).toContain('Bad key sk-test.');
  });

  test.each([
    [400, 'conversation_locked', { type: 'invalid_request_error', param: 'conversation' }],
    [429, 'credit_balance_exhausted', { type: 'insufficient_quota', param: null }],
  ])('given %i %s -> then type and place as in the API', async (status, code, expected) => {
    const { create } = await emulated({ faults: [{ do: { kind: 'status', status, code } }] });
    expect(await failureOf(create())).toMatchObject({ status, code, ...expected });
  });

  test('given chance and another order of requests -> then each task has the same faults', () => {
    const tasks = Array.from({ length: 50 }, (_, i) => `task-${i}`);
    const plan = () => new FaultPlan([{ probability: 0.5, do: { kind: 'drop' } }], 7);
    const firesFor = (order: string[]) => {
      const one = plan();
      return new Map(order.map((task) => [task, one.pick({ op: 'create', task }) !== undefined]));
    };
    const forth = firesFor(tasks);
    const back = firesFor([...tasks].reverse());
    expect(tasks.map((task) => forth.get(task))).toEqual(tasks.map((task) => back.get(task)));
    const fired = [...forth.values()].filter(Boolean).length;
    expect(fired).toBeGreaterThan(10);
    expect(fired).toBeLessThan(40);
  });
});

describe('connections', () => {
  test('given a client that leaves a run without background -> then the run is cancelled', async () => {
    const emulator = await startEmulator({ defaultSeconds: { run: 60 } });
    const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };
    const call = httpRequest(`${emulator.url}/responses`, { method: 'POST', headers });
    call.on('error', () => undefined);
    call.end(JSON.stringify({ model: 'o3', input: 'Hi' }));
    await vi.waitFor(() => expect(emulator.ledger().creates).toHaveLength(1), { interval: 5 });
    call.destroy();
    await vi.waitFor(async () => expect(Object.values(await emulator.statuses())).toEqual(['cancelled']), {
      interval: 5,
    });
    await vi.waitFor(() => expect(emulator.ledger().calls).toMatchObject([{ op: 'create', status: 0 }]), {
      interval: 5,
    });
    await emulator.close();
  });

  test('given a close during a late create -> then nothing is created any more', async () => {
    const { create, emulator } = await emulated({ faults: [{ op: 'create', do: { kind: 'late', ms: 30 } }] });
    const lost = create().catch(() => undefined);
    await vi.waitFor(() => expect(emulator.faultsFired()).toEqual([1]), { interval: 5 });
    await emulator.close();
    await lost;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(emulator.ledger().creates).toEqual([]);
  });

  test('given 500 looks at once at answers of 1 MB -> then all are answered', async () => {
    const { client, create, at, emulator } = await emulated();
    const id = await create({ metadata: { ...TIMES, emulator_output_bytes: '1000000' } });
    at(10);
    const sizes = await Promise.all(
      Array.from({ length: 100 }, async () => (await client.responses.retrieve(id)).output_text.length),
    );
    expect(new Set(sizes)).toEqual(new Set([1_000_000]));
    expect(emulator.ledger().calls).toHaveLength(101);
  });
});

describe('pages and lists', () => {
  test('given pages of input items -> then all of them, each once', async () => {
    const { client, create } = await emulated();
    const input = Array.from({ length: 5 }, (_, i) => ({ role: 'user', content: `part ${i}` }));
    const id = await create({ input });
    const seen: unknown[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: 'asc' })) {
      seen.push((item as { content?: unknown }).content);
    }
    expect(seen).toEqual(input.map(({ content }) => content));
    const refused = await failureOf(client.responses.inputItems.list(id, { limit: 101 }).asResponse());
    expect(refused).toMatchObject({ status: 400, param: 'limit', code: 'integer_above_max_value' });
  });

  test('given the models -> then one for each scenario', async () => {
    const { client } = await emulated();
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('emulator-failed-rate-limit');
    expect((await client.models.retrieve('o3')).id).toBe('o3');
    expect(await failureOf(client.models.retrieve('nothing'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('given deletes and files -> then the ledger has them', async () => {
    const { client, create, at, emulator } = await emulated();
    const id = await create({ metadata: TIMES });
    const file = await client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' });
    at(10);
    await client.responses.delete(id);
    await client.files.delete(file.id);
    const { deletes, files } = emulator.ledger();
    expect(deletes).toEqual([{ id, at: START_MS + 10_000, status: 200 }]);
    const row = { id: file.id, filename: 'x.txt', bytes: 1, at: START_MS, deletedAt: START_MS + 10_000 };
    expect(files).toEqual([row]);
  });
});

describe('multipart', () => {
  test.each(['', 'text', '--b\r\nno end', '--b\r\n\r\nno name\r\n--b--'])('given %j -> then 400', (body) => {
    expect(() => parseMultipart('multipart/form-data; boundary=b', Buffer.from(body))).toThrow(/multipart/);
  });
});

describe('the program', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'given %s -> then it says where it is, and exits with 0',
    async (signal) => {
      const child = spawn(process.execPath, ['lib/emulator/main.js', '--port', '0'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      expect(line.toString()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/v1 \(answers are synthetic/);
      child.kill(signal);
      expect((await once(child, 'exit'))[0]).toBe(0);
    },
  );
});
