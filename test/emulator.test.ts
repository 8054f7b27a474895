import type { Response as ModelResponse } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../emulator';
import { emulated, START_MS } from './helpers/emulated';

const ENCRYPTED = 'reasoning.encrypted_content';
const LOGS = 'code_interpreter_call.outputs';
const SOURCES = 'web_search_call.action.sources';

/** 1 s queued, 9 s running: whole seconds are easier to read than fractions. */
const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

const scenario = (name: string, more: Record<string, string> = {}) => ({
  metadata: { ...TIMES, ...more, emulator_scenario: name },
});

/** The response of a scenario when it has ended. */
async function ended(fields: Record<string, unknown>, include: string[] = []): Promise<ModelResponse> {
  const { client, create, at } = await emulated();
  const id = await create({ metadata: TIMES, ...fields });
  at(10);
  return client.responses.retrieve(id, { include: include as [] });
}

const typesOf = (response: ModelResponse) => response.output.map(({ type }) => type);

async function statusesOver(seconds: number[], fields: Record<string, unknown>): Promise<string[]> {
  const { client, create, at } = await emulated();
  const id = await create(fields);
  const statuses: string[] = [];
  for (const second of seconds) {
    at(second);
    statuses.push(String((await client.responses.retrieve(id)).status));
  }
  return statuses;
}

describe('life of a response', () => {
  test.each<[string, number[], string[], string?]>([
    ['text', [0, 0.9, 1, 9.9, 10, 1e6], ['queued', 'queued', 'in_progress', 'in_progress', 'completed', 'completed']],
    ['failed', [0, 1, 10], ['queued', 'in_progress', 'failed']],
    ['incomplete_content_filter', [0, 1, 10], ['queued', 'in_progress', 'incomplete']],
    ['unknown_status', [0, 1, 6, 10], ['queued', 'in_progress', 'paused', 'completed']],
    ['flapping', [0, 1, 2, 3, 4, 10], ['queued', 'in_progress', 'in_progress', 'queued', 'in_progress', 'completed']],
  ])('given %s and seconds %j -> then %j', async (name, seconds, statuses) => {
    expect(await statusesOver(seconds, scenario(name))).toEqual(statuses);
  });

  test.each<[string, number[], string[]]>([
    ['stuck_queued', [0, 86_400 * 365], ['queued', 'queued']],
    ['stuck_in_progress', [0, 1, 86_400 * 365], ['queued', 'in_progress', 'in_progress']],
    ['unknown_status_forever', [0, 1, 86_400 * 365 * 6], ['queued', 'in_progress', 'paused']],
    ['slow', [0, 1, 599, 601], ['queued', 'in_progress', 'in_progress', 'completed']],
  ])('given %s with its own times and seconds %j -> then %j', async (name, seconds, statuses) => {
    expect(await statusesOver(seconds, { metadata: { emulator_scenario: name } })).toEqual(statuses);
  });

  test('given late_completion -> then a cancel holds until the run would have ended', async () => {
    const { client, create, at } = await emulated();
    const id = await create(scenario('late_completion'));
    at(2);
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    at(9);
    expect((await client.responses.retrieve(id)).status).toBe('cancelled');
    at(10);
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });

  test('given a model named after a scenario -> then it is that scenario', async () => {
    const response = await ended({ model: 'emulator-incomplete-content-filter' });
    expect(response.incomplete_details).toEqual({ reason: 'content_filter' });
  });

  test('given a time scale -> then scripted durations are divided by it', async () => {
    const { client, create, at } = await emulated({ timeScale: 10 });
    const id = await create({ metadata: TIMES });
    at(1);
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });

  test('given no background -> then the reply is the end itself', async () => {
    const { client } = await emulated();
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
    const response = await client.responses.create({ model: 'o3', input: 'Hi', metadata });
    expect([response.status, response.background]).toEqual(['completed', false]);
  });

  test.each(SCENARIOS)('given scenario %s -> then usage and output are empty while it waits', async (name) => {
    const { client, create } = await emulated();
    const response = await client.responses.retrieve(await create(scenario(name)));
    expect(response).toMatchObject({ status: 'queued', output: [], usage: null, error: null, completed_at: null });
  });
});

describe('bodies', () => {
  test('given a create -> then the parameters are echoed with the defaults of the API', async () => {
    const { client } = await emulated();
    const request = {
      model: 'o3',
      input: 'Hi',
      background: true,
      metadata: { a: 'b' },
      temperature: null,
      tools: null,
    };
    const response = await client.responses.create(request as never);
    expect(response).toMatchObject({
      object: 'response',
      status: 'queued',
      background: true,
      store: true,
      created_at: START_MS / 1000,
      metadata: { a: 'b' },
      temperature: 1,
      tools: [],
      tool_choice: 'auto',
      truncation: 'disabled',
      text: { format: { type: 'text' } },
    });
    expect((response as { id: string }).id).toMatch(/^resp_[0-9a-f]{48}$/);
    expect(response).not.toHaveProperty('input');
  });

  test('given an end -> then usage adds up and completed_at is the scripted time', async () => {
    const response = await ended({});
    const usage = response.usage;
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    expect(response).toMatchObject({ status: 'completed', completed_at: START_MS / 1000 + 10 });
  });

  test.each<[string, string[]]>([
    ['text', ['message']],
    ['json_schema', ['message']],
    ['reasoning', ['reasoning', 'message']],
    ['web_search', ['web_search_call', 'message']],
    ['code_interpreter', ['code_interpreter_call', 'message']],
    ['mcp', ['mcp_list_tools', 'mcp_call', 'message']],
    ['function_call', ['function_call']],
    ['refusal', ['message']],
    ['incomplete_max_output_tokens', ['message']],
    ['incomplete_content_filter', ['message']],
    ['failed', []],
    ['late_completion', ['message']],
  ])('given %s -> then the output has %j', async (name, types) => {
    expect(typesOf(await ended(scenario(name)))).toEqual(types);
  });

  test('given tools in the request -> then each leaves its items, and the text cites them', async () => {
    const response = await ended({
      reasoning: { effort: 'low', summary: 'auto' },
      tools: [
        { type: 'web_search' },
        { type: 'code_interpreter', container: { type: 'auto' } },
        { type: 'mcp', server_label: 'shop', server_url: 'https://shop.example' },
      ],
    });
    const types = ['reasoning', 'web_search_call', 'code_interpreter_call', 'mcp_list_tools', 'mcp_call', 'message'];
    expect(typesOf(response)).toEqual(types);
    const last = response.output.at(-1);
    const part = last?.type === 'message' && last.content[0]?.type === 'output_text' ? last.content[0] : undefined;
    expect(part?.annotations.map(({ type }) => type)).toEqual(['url_citation', 'container_file_citation']);
  });

  test('given a function -> then it is called by its name', async () => {
    const tools = [{ type: 'function', name: 'weather', parameters: {}, strict: null }];
    const response = await ended({ ...scenario('function_call'), tools });
    expect(response.output).toMatchObject([{ type: 'function_call', name: 'weather', status: 'completed' }]);
  });

  test('given refusal -> then a refusal and no text', async () => {
    const response = await ended(scenario('refusal'));
    expect(response.output).toMatchObject([{ content: [{ type: 'refusal' }] }]);
    expect(response.output_text).toBe('');
  });

  test('given a schema -> then the text is JSON of that form', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        kind: { enum: ['x', 'y'] },
        list: { type: 'array', items: { type: 'integer' } },
      },
    };
    const { output_text } = await ended({ text: { format: { type: 'json_schema', name: 'thing', schema } } });
    expect(JSON.parse(output_text)).toMatchObject({
      name: expect.stringContaining('otters') as string,
      kind: 'x',
      list: [1],
    });
  });

  test.each<[string, Record<string, string>, { code: string; message: RegExp }]>([
    ['failed', {}, { code: 'server_error', message: /request ID wfr_[0-9a-f]{24}/ }],
    ['failed_rate_limit', {}, { code: 'rate_limit_exceeded', message: /Rate limit/ }],
    ['failed_unlisted', {}, { code: 'context_length_exceeded', message: /context window/ }],
    ['failed', { emulator_error_code: 'bio_policy' }, { code: 'bio_policy', message: /An error occurred/ }],
  ])('given %s %j -> then HTTP 200 with the error in the body', async (name, more, { code, message }) => {
    const response = await ended(scenario(name, more));
    expect(response).toMatchObject({ status: 'failed', output: [], usage: null, completed_at: null, error: { code } });
    expect(response.error?.message).toMatch(message);
  });

  test.each(['max_output_tokens', 'content_filter'])(
    'given incomplete: %s -> then the reason and a half text',
    async (reason) => {
      const response = await ended(scenario(`incomplete_${reason}`));
      expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason }, completed_at: null });
      expect(response.output).toMatchObject([{ type: 'message', status: 'incomplete' }]);
      expect(response.usage?.total_tokens).toBeGreaterThan(0);
    },
  );
});

describe('include', () => {
  const cases: [string, Record<string, unknown>, string, (item: never) => unknown][] = [
    [
      ENCRYPTED,
      { reasoning: { effort: 'low' } },
      'reasoning',
      (item: { encrypted_content?: unknown }) => item.encrypted_content,
    ],
    [LOGS, scenario('code_interpreter'), 'code_interpreter_call', (item: { outputs?: unknown }) => item.outputs],
    [
      SOURCES,
      scenario('web_search'),
      'web_search_call',
      (item: { action: { sources?: unknown } }) => item.action.sources,
    ],
  ];

  test.each(cases)('given %s not asked for -> then it is left out', async (_name, fields, type, part) => {
    const response = await ended(fields);
    expect(part(response.output.find((item) => item.type === type) as never) ?? null).toBeNull();
  });

  test.each(cases)('given %s asked for at the GET -> then it is there', async (name, fields, type, part) => {
    const response = await ended(fields, [name]);
    expect(part(response.output.find((item) => item.type === type) as never)).toBeTruthy();
  });

  test('given include at the create only -> then a GET does not remember it', async () => {
    const response = await ended({ reasoning: { effort: 'low' }, include: [ENCRYPTED] });
    expect(response.output[0]).not.toHaveProperty('encrypted_content');
  });
});

describe('texts', () => {
  test('given different prompts -> then each answer quotes its own and differs', async () => {
    const [otters, foxes] = await Promise.all(['Do otters sleep?', 'Do foxes sleep?'].map((input) => ended({ input })));
    expect(otters?.output_text).toContain('Do otters sleep?');
    expect(foxes?.output_text).toContain('Do foxes sleep?');
    expect(otters?.output_text.replace('otters', 'foxes')).not.toBe(foxes?.output_text);
  });

  test('given the same prompt twice -> then the same text in two responses', async () => {
    const { client, create, at } = await emulated();
    const ids = [await create(), await create()];
    at(100);
    const [first, second] = await Promise.all(ids.map((id) => client.responses.retrieve(id)));
    expect(first?.output_text).toBe(second?.output_text);
    expect(first?.id).not.toBe(second?.id);
  });

  test('given a prompt in parts -> then it is quoted too', async () => {
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'Do eels sleep?' }] }];
    expect((await ended({ input })).output_text).toContain('Do eels sleep?');
  });

  test('given a template without input -> then it is answered', async () => {
    const { client, at, raw } = await emulated();
    const reply = await raw('POST', '/responses', { prompt: { id: 'pmpt_1' }, background: true });
    const { id } = (await reply.json()) as { id: string };
    at(100);
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });

  test.each([1, 1_000, 1_000_000])('given emulator_output_bytes %i -> then exactly so much text', async (size) => {
    const response = await ended({
      input: 'Schöne Otter?',
      metadata: { ...TIMES, emulator_output_bytes: String(size) },
    });
    expect(Buffer.byteLength(response.output_text)).toBe(size);
  });
});
