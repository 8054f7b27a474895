import { describe, expect, test } from 'vitest';
import { emulated, type Emulated, thrown } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

const errorOf = async (reply: globalThis.Response) => ((await reply.json()) as ErrorBody).error;

describe('refused requests', () => {
  const tool = (value: unknown) => ({ tools: [value] });
  const metadata = (value: unknown) => ({ metadata: value });
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));

  test.each<[string, Record<string, unknown>, string | null, string | null, RegExp]>([
    ['an unknown field', { modell: 'o3' }, 'modell', 'unknown_parameter', /^Unknown parameter: 'modell'\.$/],
    ['a field of every object', { toString: 1 }, 'toString', 'unknown_parameter', /^Unknown parameter/],
    [
      'no model',
      { model: undefined },
      'model',
      'missing_required_parameter',
      /^Missing required parameter: 'model'\.$/,
    ],
    ['no input', { input: null }, 'input', 'missing_required_parameter', /'input'/],
    ['a model that is a number', { model: 3 }, 'model', 'invalid_type', /expected a string, but got an integer/],
    ['input that is a number', { input: 7 }, 'input', 'invalid_type', /expected a string/],
    [
      'background in words',
      { background: 'yes' },
      'background',
      'invalid_type',
      /^Invalid type for 'background': expected a boolean, but got a string instead\.$/,
    ],
    ['store as a number', { store: 1 }, 'store', 'invalid_type', /a boolean, but got an integer/],
    ['tools that are no list', { tools: {} }, 'tools', 'invalid_type', /expected an array, but got an object/],
    [
      'few tokens',
      { max_output_tokens: 15 },
      'max_output_tokens',
      'integer_below_min_value',
      /Expected a value >= 16, but got 15 instead/,
    ],
    ['half tokens', { max_output_tokens: 16.5 }, 'max_output_tokens', 'invalid_type', /an integer/],
    ['a high temperature', { temperature: 2.5 }, 'temperature', 'decimal_above_max_value', /<= 2/],
    ['a low top_p', { top_p: -1 }, 'top_p', 'integer_below_min_value', />= 0/],
    [
      'an unknown effort',
      { reasoning: { effort: 'huge' } },
      'reasoning.effort',
      'invalid_value',
      /Supported values are: 'none'/,
    ],
    ['an unknown summary', { reasoning: { summary: 'long' } }, 'reasoning.summary', 'invalid_value', /'concise'/],
    [
      'an unknown field of reasoning',
      { reasoning: { efort: 'low' } },
      'reasoning.efort',
      'unknown_parameter',
      /'reasoning.efort'/,
    ],
    ['an unknown include', { include: ['all'] }, 'include[0]', 'invalid_value', /'all'/],
    ['an unknown truncation', { truncation: 'off' }, 'truncation', 'invalid_value', /'disabled'/],
    ['an unknown tier', { service_tier: 'slow' }, 'service_tier', 'invalid_value', /'flex'/],
    ['an unknown format', { text: { format: { type: 'xml' } } }, 'text.format.type', 'invalid_value', /'json_schema'/],
    [
      'a schema without a name',
      { text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
      'missing_required_parameter',
      /text.format.name/,
    ],
    [
      'a name without a schema',
      { text: { format: { type: 'json_schema', name: 'x' } } },
      'text.format.schema',
      'missing_required_parameter',
      /text.format.schema/,
    ],
    [
      '17 entries of metadata',
      metadata(many),
      'metadata',
      'object_above_max_properties',
      /at most 16 properties, but got an object with 17 properties/,
    ],
    ['a number in metadata', metadata({ a: 1 }), 'metadata.a', 'invalid_type', /a string, but got an integer/],
    [
      'a long value',
      metadata({ a: 'x'.repeat(513) }),
      'metadata.a',
      'string_above_max_length',
      /maximum length 512, but got a string with length 513/,
    ],
    [
      'a long key',
      metadata({ ['k'.repeat(65)]: 'x' }),
      `metadata.${'k'.repeat(65)}`,
      'string_above_max_length',
      /maximum length 64/,
    ],
    ['a long identifier', { safety_identifier: 'x'.repeat(65) }, 'safety_identifier', 'string_above_max_length', /64/],
    ['a tool that is text', tool('web_search'), 'tools[0]', 'invalid_type', /an object, but got a string/],
    ['a tool without a type', tool({}), 'tools[0].type', 'missing_required_parameter', /tools\[0\].type/],
    [
      'an unknown field of a tool',
      tool({ type: 'web_search', max_uses: 3 }),
      'tools[0].max_uses',
      'unknown_parameter',
      /'tools\[0\].max_uses'/,
    ],
    [
      'a dated tool with one',
      tool({ type: 'web_search_2025_08_26', max_uses: 3 }),
      'tools[0].max_uses',
      'unknown_parameter',
      /max_uses/,
    ],
    [
      'a filter of another form',
      tool({ type: 'web_search', filters: { type: 'eq' } }),
      'tools[0].filters.type',
      'unknown_parameter',
      /filters.type/,
    ],
    [
      'no container',
      tool({ type: 'code_interpreter' }),
      'tools[0].container',
      'missing_required_parameter',
      /^Missing required parameter: 'tools\[0\].container'\.$/,
    ],
    [
      'files in a container',
      tool({ type: 'code_interpreter', container: { type: 'auto', files: [] } }),
      'tools[0].container.files',
      'unknown_parameter',
      /^Unknown parameter: 'tools\[0\].container.files'\.$/,
    ],
    [
      'file ids that are no list',
      tool({ type: 'code_interpreter', container: { type: 'auto', file_ids: 7 } }),
      'tools[0].container.file_ids',
      'invalid_type',
      /an array/,
    ],
    [
      'no vector stores',
      tool({ type: 'file_search' }),
      'tools[0].vector_store_ids',
      'missing_required_parameter',
      /vector_store_ids/,
    ],
    [
      'no label',
      tool({ type: 'mcp', server_url: 'https://x.example' }),
      'tools[0].server_label',
      'missing_required_parameter',
      /server_label/,
    ],
    [
      'no server',
      tool({ type: 'mcp', server_label: 'x' }),
      'tools[0].server_url',
      'missing_required_parameter',
      /server_url/,
    ],
    [
      'a conversation and a response',
      { conversation: 'conv_1', previous_response_id: 'resp_1' },
      null,
      'mutually_exclusive_parameters',
      /Mutually exclusive/,
    ],
    [
      'an unknown previous response',
      { previous_response_id: 'resp_1' },
      'previous_response_id',
      'previous_response_not_found',
      /^Previous response with id 'resp_1' not found\.$/,
    ],
    [
      'options of a stream without one',
      { stream_options: {} },
      'stream_options',
      null,
      /only allowed when 'stream' is/,
    ],
  ])('given %s -> then 400 with param, code and message', async (_name, fields, param, code, message) => {
    const { raw, emulator } = await emulated();
    const reply = await raw('POST', '/responses', { model: 'o3', input: 'Hi', background: true, ...fields });
    expect(reply.status).toBe(400);
    const error = await errorOf(reply);
    expect(error).toMatchObject({ type: 'invalid_request_error', param, code });
    expect(error.message).toMatch(message);
    expect(emulator.ledger().creates).toEqual([]);
  });

  test.each(['{"model":', '', 'null', '[]', '"text"', '7'])('given the body %j -> then 400', async (body) => {
    const { raw } = await emulated();
    const reply = await raw('POST', '/responses', body);
    expect([reply.status, (await errorOf(reply)).message]).toEqual([
      400,
      'We could not parse the JSON body of your request.',
    ]);
  });

  test('given a tool that the emulator does not know -> then it passes', async () => {
    const { create } = await emulated();
    expect(await create({ tools: [{ type: 'image_generation', later: true }] })).toMatch(/^resp_/);
  });

  test('given a file that does not exist -> then 404', async () => {
    const { create } = await emulated();
    const tools = [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } }];
    expect(await thrown(create({ tools }))).toMatchObject({ status: 404, param: 'file_ids' });
  });

  test.each([undefined, 'Bearer', 'Bearer wrong', 'Basic sk-test', 'Bearer sk-wrong-key-12345'])(
    'given the authorization %j -> then 401, and the key is not repeated whole',
    async (authorization) => {
      const { raw } = await emulated();
      const reply = await raw('GET', '/responses/resp_1', undefined, { authorization: authorization ?? '' });
      const error = await errorOf(reply);
      expect([reply.status, error.code]).toEqual([401, 'invalid_api_key']);
      expect(error.message).not.toContain('sk-wrong-key-12345');
    },
  );

  test.each([
    ['GET', '/responses'],
    ['PUT', '/responses/resp_1'],
    ['POST', '/responses/resp_1'],
    ['GET', '/responses/resp_1/cancel'],
  ])('given %s %s, which does not exist -> then 404', async (method, path) => {
    const { raw } = await emulated();
    const reply = await raw(method, path);
    expect([reply.status, (await errorOf(reply)).message]).toEqual([404, `Invalid URL (${method} /v1${path})`]);
  });

  test('given any reply -> then it has the headers of the API', async () => {
    const { raw } = await emulated();
    const reply = await raw('GET', '/responses/resp_1');
    expect(reply.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(reply.headers.get('openai-version')).toBe('2020-10-01');
    expect(reply.headers.get('x-ratelimit-remaining-requests')).toBe('9999');
  });
});

describe('cancel', () => {
  const states: [string, number, string][] = [
    ['text', 0, 'queued'],
    ['text', 2, 'in_progress'],
    ['text', 10, 'completed'],
    ['failed', 10, 'failed'],
    ['incomplete_content_filter', 10, 'incomplete'],
  ];

  async function cancelled(profile: 'openai' | 'azure', scenario: string, second: number): Promise<[Emulated, string]> {
    const all = await emulated({ profile });
    const id = await all.create({ metadata: { ...TIMES, emulator_scenario: scenario } });
    all.at(second);
    return [all, id];
  }

  test.each(states)('given OpenAI and %s at %i s (%s) -> then 200 with how it is now', async (name, second, status) => {
    const [{ client }, id] = await cancelled('openai', name, second);
    const reply = await client.responses.cancel(id);
    expect(reply.status).toBe(second < 10 ? 'cancelled' : status);
    if (second < 10) expect(reply).toMatchObject({ output: [], usage: null, completed_at: null });
  });

  test.each(states)(
    'given Azure and %s at %i s (%s) -> then only a run can be cancelled',
    async (name, second, status) => {
      const [{ client }, id] = await cancelled('azure', name, second);
      if (second < 10) return expect((await client.responses.cancel(id)).status).toBe('cancelled');
      const error = await thrown(client.responses.cancel(id));
      expect(error.status).toBe(400);
      expect(error.message).toMatch(new RegExp(`Cannot cancel an? ${status} response\\.`));
    },
  );

  test.each(['openai', 'azure'] as const)('given %s and a second cancel -> then 200 again', async (profile) => {
    const [{ client, at }, id] = await cancelled(profile, 'text', 2);
    await client.responses.cancel(id);
    at(1000);
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect((await client.responses.retrieve(id)).status).toBe('cancelled');
  });

  test('given a response without background -> then 400', async () => {
    const { client, create } = await emulated();
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
    const id = await create({ background: false, metadata });
    expect((await thrown(client.responses.cancel(id))).message).toContain('Cannot cancel a synchronous response.');
  });

  test('given an unknown id -> then 404 with the words of the API', async () => {
    const { client } = await emulated();
    const error = await thrown(client.responses.cancel('resp_none'));
    expect(error).toMatchObject({ status: 404, code: null, param: null });
    expect(error.message).toContain("Response with id 'resp_none' not found.");
  });
});

describe('delete and input items', () => {
  test('given an end -> then it can be deleted once, and is gone', async () => {
    const { client, create, at, raw } = await emulated();
    const id = await create();
    at(100);
    const reply = await raw('DELETE', `/responses/${id}`);
    expect(await reply.json()).toEqual({ id, object: 'response.deleted', deleted: true });
    const calls = [
      client.responses.retrieve(id),
      client.responses.delete(id),
      client.responses.cancel(id),
      create({ previous_response_id: id }),
    ];
    const statuses = await Promise.all(calls.map(async (call) => (await thrown(call)).status));
    expect(statuses).toEqual([404, 404, 404, 400]);
  });

  test('given a run -> then it cannot be deleted', async () => {
    const { client, create } = await emulated();
    expect((await thrown(client.responses.delete(await create()))).status).toBe(400);
  });

  const texts = ['one', 'two', 'three', 'four', 'five'];

  async function itemsOf(order: 'asc' | 'desc', limit: number): Promise<[string[], number]> {
    const { client, create, emulator } = await emulated();
    const id = await create({ input: texts.map((content) => ({ role: 'user', content })) });
    const seen: string[] = [];
    for await (const item of client.responses.inputItems.list(id, { order, limit })) {
      seen.push(String((item as unknown as { content: string }).content));
    }
    return [seen, emulator.ledger().calls.filter(({ op }) => op === 'input_items').length];
  }

  test.each<['asc' | 'desc', number, string[], number]>([
    ['asc', 2, texts, 3],
    ['desc', 2, [...texts].reverse(), 3],
    ['asc', 100, texts, 1],
    ['asc', 5, texts, 1],
  ])('given order %s and limit %i -> then %j in %i pages', async (order, limit, expected, pages) => {
    expect(await itemsOf(order, limit)).toEqual([expected, pages]);
  });

  test('given text as input -> then one message of the user', async () => {
    const { client, create } = await emulated();
    const { data } = await client.responses.inputItems.list(await create({ input: 'Hi' }));
    expect(data).toMatchObject([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }]);
  });
});
