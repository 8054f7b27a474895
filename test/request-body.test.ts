import { describe, expect, test } from 'vitest';
import { requestBody } from '../src/activities/request-body';
import type { ResponseRequest, StartInput } from '../src/contracts';
import { SecretError } from '../src/secrets/values';
import { folderStore } from '../src/store';
import { planOf } from './helpers/plans';

const SECRETS: Record<string, string> = { MCP_TOKEN: 'token-value', OTHER: 'other-value' };

function bodyOf(fields: Partial<ResponseRequest> = {}, start: Partial<StartInput> = {}) {
  const request: ResponseRequest = { model: 'o3', input: 'Hello', ...fields };
  const input: StartInput = {
    taskId: 'task-1',
    attempt: 2,
    fileIds: [],
    source: { request },
    plan: planOf(),
    share: { priorityKey: 3, fairnessKey: 'tasks' },
    ...start,
  };
  return requestBody(input, (name) => Promise.resolve(SECRETS[name]), folderStore('/nowhere'));
}

const mcp = (authorization: string) => ({
  type: 'mcp',
  server_label: 's',
  server_url: 'https://x.example',
  authorization,
});
const tools = (...list: unknown[]) => ({ tools: list as ResponseRequest['tools'] });

describe('requestBody', () => {
  test('given a plain request -> then background, store and metadata are added', async () => {
    expect((await bodyOf()).body).toEqual({
      model: 'o3',
      input: 'Hello',
      background: true,
      store: true,
      metadata: { task_id: 'task-1', attempt: '2' },
    });
  });

  test.each([
    [true, true],
    [false, false],
    [null, true],
  ])('given store %s -> then %s is sent', async (store, sent) => {
    expect((await bodyOf({ store })).body.store).toBe(sent);
  });

  test('given metadata of the user -> then it is kept, and our own entries win', async () => {
    const { body } = await bodyOf({ metadata: { team: 'a', task_id: 'theirs', attempt: '9' } });
    expect(body.metadata).toEqual({ team: 'a', task_id: 'task-1', attempt: '2' });
  });

  test('given fields that this package does not know -> then they are kept', async () => {
    const { body } = await bodyOf({ later_field: { deep: [1, { x: null }] }, service_tier: 'flex' });
    expect(body).toMatchObject({ later_field: { deep: [1, { x: null }] }, service_tier: 'flex' });
  });

  test('given a request -> then it is not changed itself', async () => {
    const request = { model: 'o3', input: 'x', ...tools({ type: 'code_interpreter', container: { type: 'auto' } }) };
    const before = structuredClone(request);
    await bodyOf(request, { fileIds: ['file-1'] });
    expect(request).toEqual(before);
  });
});

describe('secrets', () => {
  test('given references in tools -> then the values are sent, and the names are known for later looks', async () => {
    const tool = { ...mcp('secret://MCP_TOKEN'), headers: { 'x-other': 'Token secret://OTHER' } };
    const { body, secretNames } = await bodyOf(tools(tool, mcp('secret://MCP_TOKEN')));
    expect(body.tools).toEqual([
      { ...mcp('token-value'), headers: { 'x-other': 'Token other-value' } },
      mcp('token-value'),
    ]);
    expect(secretNames).toEqual(['MCP_TOKEN', 'OTHER']);
  });

  test('given a name without a value -> then an error with the name', async () => {
    await expect(bodyOf(tools(mcp('secret://NOT_SET')))).rejects.toThrow(SecretError);
    await expect(bodyOf(tools(mcp('secret://NOT_SET')))).rejects.toThrow('no secret NOT_SET');
  });

  test('given a reference in the prompt -> then it stays: a prompt must not be able to read secrets', async () => {
    const { body } = await bodyOf({ input: 'secret://MCP_TOKEN', instructions: 'secret://MCP_TOKEN' });
    expect(body).toMatchObject({ input: 'secret://MCP_TOKEN', instructions: 'secret://MCP_TOKEN' });
  });
});

describe('files of the task', () => {
  const auto = (...file_ids: string[]) => ({ type: 'code_interpreter', container: { type: 'auto', file_ids } });

  test.each<[string, unknown, unknown]>([
    ['an auto container', { type: 'code_interpreter', container: { type: 'auto' } }, auto('file-1', 'file-2')],
    ['an auto container with files', auto('file-0'), auto('file-0', 'file-1', 'file-2')],
    [
      'an auto container with null files',
      { type: 'code_interpreter', container: { type: 'auto', file_ids: null, memory_limit: '4g' } },
      { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1', 'file-2'], memory_limit: '4g' } },
    ],
    [
      'a named container',
      { type: 'code_interpreter', container: 'cntr_1' },
      { type: 'code_interpreter', container: 'cntr_1' },
    ],
    ['another tool', { type: 'web_search' }, { type: 'web_search' }],
    ['no tool at all', null, null],
  ])('given %s -> then the ids are put where they belong', async (_name, tool, expected) => {
    expect((await bodyOf(tools(tool), { fileIds: ['file-1', 'file-2'] })).body.tools).toEqual([expected]);
  });

  test('given no files -> then containers are left alone', async () => {
    const tool = { type: 'code_interpreter', container: { type: 'auto' } };
    expect((await bodyOf(tools(tool))).body.tools).toEqual([tool]);
  });
});
