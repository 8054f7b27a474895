import type { Response as ModelResponse, ResponseOutputText } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { emulated, type Emulated } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const INTERPRETER = { type: 'code_interpreter', container: { type: 'auto' } };

async function endedOn(all: Emulated, fields: Record<string, unknown>, include: string[] = []): Promise<ModelResponse> {
  const id = await all.create({ metadata: TIMES, ...fields });
  all.at(10);
  return all.client.responses.retrieve(id, { include: include as [] });
}

const ended = async (fields: Record<string, unknown>, include?: string[]) => endedOn(await emulated(), fields, include);

const scenario = (name: string) => ({ metadata: { ...TIMES, emulator_scenario: name } });
const typesOf = ({ output }: ModelResponse) => output.map(({ type }) => type);

function textPart({ output }: ModelResponse): ResponseOutputText {
  const last = output.at(-1);
  const part = last?.type === 'message' ? last.content[0] : undefined;
  if (part?.type !== 'output_text') throw new Error('There is no text.');
  return part;
}

describe('citations', () => {
  test.each(['web_search', 'deep_research', 'code_interpreter'])(
    'given %s -> then indices frame the label',
    async (name) => {
      const { text, annotations } = textPart(await ended(scenario(name)));
      expect(annotations.length).toBeGreaterThan(0);
      for (const annotation of annotations) {
        if (annotation.type !== 'url_citation' && annotation.type !== 'container_file_citation') continue;
        const label = text.slice(annotation.start_index, annotation.end_index);
        expect(label).toContain(annotation.type === 'url_citation' ? annotation.url : annotation.filename);
      }
    },
  );

  test('given deep research -> then reasoning, several searches and opened pages, a citation of each', async () => {
    const response = await ended(scenario('deep_research'));
    const calls = response.output.filter((item) => item.type === 'web_search_call');
    expect(calls.map(({ action }) => action?.type)).toEqual([
      'search',
      'open_page',
      'search',
      'open_page',
      'search',
      'open_page',
    ]);
    expect(new Set(textPart(response).annotations.map((one) => (one as { url?: string }).url)).size).toBe(3);
  });

  test('given a wanted size and tools -> then the text has it with its citations', async () => {
    const metadata = { ...TIMES, emulator_output_bytes: '3000' };
    const { text, annotations } = textPart(await ended({ metadata, tools: [{ type: 'web_search' }, INTERPRETER] }));
    expect(Buffer.byteLength(text)).toBe(3000);
    expect(annotations).toHaveLength(2);
    expect(text).toContain('Why do otters hold hands?');
  });
});

describe('tools', () => {
  const searchIn = async ({ client }: Emulated) => {
    const { id } = await client.vectorStores.create({});
    return { type: 'file_search', vector_store_ids: [id] };
  };

  test('given all tools at once -> then the items of each before the message', async () => {
    const all = await emulated();
    const tools = [
      await searchIn(all),
      { type: 'function', name: 'weather', parameters: {}, strict: null },
      { type: 'mcp', server_label: 'shop', connector_id: 'connector_dropbox', require_approval: 'never' },
    ];
    const types = typesOf(await endedOn(all, { tools }));
    expect(types).toEqual(['file_search_call', 'function_call', 'mcp_list_tools', 'mcp_call', 'message']);
  });

  test('given tool_choice none -> then no items', async () => {
    expect(typesOf(await ended({ tools: [{ type: 'web_search' }], tool_choice: 'none' }))).toEqual(['message']);
  });

  test('given results of a file search not asked for, and asked for -> then null, and there', async () => {
    expect((await ended(scenario('file_search'))).output[0]).toMatchObject({ results: null });
    const asked = await ended(scenario('file_search'), ['file_search_call.results']);
    expect(asked.output[0]).toMatchObject({ results: [{ score: 0.87 }] });
  });

  test('given an MCP server that wants approval -> then a question, and with the yes a call', async () => {
    const all = await emulated();
    const tools = [
      { type: 'mcp', server_label: 'shop', server_url: 'https://shop.example', require_approval: 'always' },
    ];
    const first = await endedOn(all, { tools });
    expect(typesOf(first)).toEqual(['mcp_list_tools', 'mcp_approval_request']);
    const approval_request_id = (first.output[1] as { id: string }).id;
    const input = [{ type: 'mcp_approval_response', approval_request_id, approve: true }];
    const id = await all.create({ tools, input, previous_response_id: first.id, metadata: TIMES });
    all.at(100);
    const second = await all.client.responses.retrieve(id);
    expect(typesOf(second)).toEqual(['mcp_list_tools', 'mcp_call', 'message']);
    expect(second.output[1]).toMatchObject({ approval_request_id });
  });

  test('given the output of a function -> then the answer follows and no second call', async () => {
    const tools = [{ type: 'function', name: 'weather', parameters: {}, strict: null }];
    const input = [{ type: 'function_call_output', call_id: 'call_1', output: 'sun' }];
    expect(typesOf(await ended({ tools, input }))).toEqual(['message']);
  });

  test('given secrets of an MCP server -> then they are not echoed, and the ledger has them', async () => {
    const all = await emulated();
    const mcp = { type: 'mcp', server_label: 's', server_url: 'https://s.example', authorization: 'canary-1' };
    const response = await endedOn(all, { tools: [{ ...mcp, headers: { 'x-key': 'canary-2' } }] });
    expect(JSON.stringify(response)).not.toContain('canary');
    expect(JSON.stringify(all.emulator.ledger().creates)).toContain('canary-2');
  });

  test('given files of a container -> then the answer names them and their sizes, also when they are deleted', async () => {
    const all = await emulated();
    const content = Buffer.from([0, 13, 10, 45, 45, 255, 254, 13, 10]);
    const file = await all.client.files.create({ file: new File([content], 'Größe "1".bin'), purpose: 'user_data' });
    expect(file).toMatchObject({ filename: 'Größe "1".bin', bytes: 9 });
    const back = await (await all.client.files.content(file.id)).arrayBuffer();
    expect(Buffer.from(back)).toEqual(content);
    const id = await all.create({
      tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: [file.id] } }],
    });
    await all.client.files.delete(file.id);
    all.at(10);
    expect((await all.client.responses.retrieve(id)).output_text).toContain('Größe "1".bin (9 bytes)');
  });
});

describe('containers', () => {
  test('given a container -> then files can be put in, read and deleted', async () => {
    const { client } = await emulated();
    const { id } = await client.containers.create({
      name: 'mine',
      expires_after: { anchor: 'last_active_at', minutes: 5 },
    });
    const added = await client.containers.files.create(id, { file: new File(['a,b\n'], 'x.csv') });
    expect(added).toMatchObject({ path: '/mnt/data/x.csv', source: 'user', bytes: 4, container_id: id });
    const content = await client.containers.files.content.retrieve(added.id, { container_id: id });
    expect(await content.text()).toBe('a,b\n');
    await client.containers.files.delete(added.id, { container_id: id });
    expect((await client.containers.files.list(id)).data).toEqual([]);
    expect((await client.containers.list()).data).toMatchObject([{ id, name: 'mine', status: 'running' }]);
  });

  test('given a file that a run made -> then it is there after the run, the same bytes at each download', async () => {
    const all = await emulated();
    const { client, at, create } = all;
    await create({ metadata: TIMES, tools: [INTERPRETER] });
    const id = all.emulator.liveContainers()[0] ?? '';
    expect((await client.containers.files.list(id)).data).toEqual([]);
    at(10);
    const file = (await client.containers.files.list(id)).data[0];
    const read = async () =>
      Buffer.from(
        await (await client.containers.files.content.retrieve(file?.id ?? '', { container_id: id })).arrayBuffer(),
      );
    const first = await read();
    expect(first).toHaveLength(file?.bytes ?? -1);
    expect(await read()).toEqual(first);
  });

  test('given a cancelled run -> then it leaves no file', async () => {
    const { client, at, create, emulator } = await emulated();
    await client.responses.cancel(await create({ metadata: TIMES, tools: [INTERPRETER] }));
    at(20);
    expect((await client.containers.files.list(emulator.liveContainers()[0] ?? '')).data).toEqual([]);
  });
});

describe('schemas', () => {
  const answerTo = async (schema: Record<string, unknown>): Promise<unknown> =>
    JSON.parse((await ended({ text: { format: { type: 'json_schema', name: 'thing', schema } } })).output_text);

  test('given references, limits and formats -> then a valid instance', async () => {
    const schema = {
      type: 'object',
      $defs: {
        node: {
          type: 'object',
          properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['next'],
        },
      },
      properties: {
        day: { type: 'string', format: 'date' },
        code: { type: 'string', maxLength: 3 },
        share: { type: 'number', minimum: 0, maximum: 0.5 },
        list: { type: 'array', minItems: 2, items: { type: ['integer', 'null'], minimum: 7 } },
        tree: { $ref: '#/$defs/node' },
      },
    };
    const { day, code, share, list, tree } = (await answerTo(schema)) as Record<string, unknown>;
    expect([day, list]).toEqual(['2026-01-31', [7, 7]]);
    expect(String(code)).toHaveLength(3);
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(0.5);
    expect(JSON.stringify(tree)).toMatch(/null\}+$/);
  });

  test('given the scenario without a schema -> then JSON all the same', async () => {
    expect(JSON.parse((await ended(scenario('json_schema'))).output_text)).toHaveProperty('answer');
  });
});
