import { describe, expect, test } from 'vitest';
import { assertTask, checkChange, checkId, checkTask } from '../src/door';
import { UsageError } from '../src/errors';

const good = { model: 'o3', input: 'Hello' };
const requestProblems = (change: Record<string, unknown>) => checkTask({ request: { ...good, ...change } });
const toolProblems = (tool: unknown) => requestProblems({ tools: [tool] });
const interpreter = { type: 'code_interpreter', container: { type: 'auto' } };
const optionProblems = (options: unknown) => checkTask({ request: { ...good, tools: [interpreter] }, options });

/** Objects inside each other, `levels` of them. */
function nested(levels: number): unknown {
  let value: unknown = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));

function expectOne(problems: string[], field: string, hint: string): void {
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^[^;]+; .+$/s);
  expect(problems[0]?.startsWith(`${field}: `) ? field : problems[0]).toBe(field);
  expect(problems[0]).toContain(hint);
}

describe('requests that are refused', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  test.each<[string, Record<string, unknown>, string]>([
    ['input', { input: undefined }, 'missing'],
    ['input', { input: null }, 'missing'],
    ['input', { input: ' \n' }, 'not blank'],
    ['input', { input: [] }, 'non-empty array'],
    ['input', { input: 7 }, 'write the prompt'],
    ['input', { input: '', prompt: { id: 'pmpt_1' } }, 'not blank'],
    ['model', { model: undefined }, 'write the name of a model'],
    ['model', { model: '' }, 'non-empty string'],
    ['model', { model: 'm'.repeat(201) }, 'at most 200 characters'],
    ['model', { model: 'o3\u001b[31m' }, 'without line ends or control characters'],
    ['model', { model: 'o3\ud800' }, 'control characters'],
    ['prompt', { prompt: 'Hello' }, 'write a text as input'],
    ['prompt', { prompt: { version: '2' } }, '{"id": "pmpt_…"}'],
    ['background', { background: false }, 'every task runs in background mode'],
    ['stream', { stream: true }, 'this version polls'],
    ['store', { store: false }, 'about 10 minutes'],
    ['store', { store: 'yes' }, 'leave it out or write true'],
    ['instructions', { instructions: 7 }, 'string or an array'],
    ['reasoning', { reasoning: 'high' }, '{"effort": "medium"}'],
    ['reasoning.effort', { reasoning: { effort: 3 } }, '"medium"'],
    ['reasoning.summary', { reasoning: { summary: true } }, '"auto"'],
    ['include', { include: [1] }, 'array of strings'],
    ['metadata', { metadata: ['a'] }, '{"key": "value"}'],
    ['metadata', { metadata: pairs(14) }, 'at most 13'],
    ['metadata.attempt', { metadata: { attempt: '1' } }, 'use another name'],
    ['metadata.task_id', { metadata: { task_id: 'x' } }, 'set by durable-responses'],
    ['metadata.n', { metadata: { n: 1 } }, 'in quotes'],
    ['metadata.n', { metadata: { n: 'x'.repeat(513) } }, 'at most 512'],
    ['max_output_tokens', { max_output_tokens: 15 }, '16 or more'],
    ['max_output_tokens', { max_output_tokens: 16.5 }, 'whole number'],
    ['max_tool_calls', { max_tool_calls: 0 }, '1 or more'],
    ['temperature', { temperature: 2.1 }, '0 to 2'],
    ['temperature', { temperature: Number.NaN }, '0 to 2'],
    ['top_p', { top_p: -0.1 }, '0 to 1'],
    ['parallel_tool_calls', { parallel_tool_calls: 'true' }, 'true or false'],
    ['text', { text: 'json' }, '{"format"'],
    ['tools', { tools: { type: 'web_search' } }, 'array'],
    ['previous_response_id', { previous_response_id: 7 }, 'resp_'],
    ['conversation', { conversation: {} }, 'conv_'],
    ['conversation', { conversation: 'conv_1', previous_response_id: 'resp_1' }, 'only one of them'],
    ['request', { input: 'é'.repeat(33_600_000) }, '67,108,864'],
    ['request', { extra: nested(100) }, 'deeper than 100'],
    ['request', { extra: nested(200_000) }, 'deeper than 100'],
    ['request', { extra: cyclic }, 'deeper than 100'],
    ['request', { extra: 1n }, 'plain JSON'],
  ])('given a bad %s (%#) -> then one problem names it and says what to write', (field, change, hint) => {
    expectOne(requestProblems(change), field, hint);
  });

  test('given a metadata key of 65 characters -> then it is quoted and cut', () => {
    const problems = requestProblems({ metadata: { ['k'.repeat(65)]: 'v' } });
    expect(problems).toEqual([`metadata["${'k'.repeat(58)}…]: the key has 65 characters; write at most 64`]);
  });

  test('given a size over the bound -> then it is named', () => {
    const input = 'x'.repeat(67_108_864);
    const bytes = Buffer.byteLength(JSON.stringify({ ...good, input }));
    expect(requestProblems({ input })[0]).toContain(bytes.toLocaleString('en-US'));
  });

  test('given several faults -> then each is reported, with the place in front', () => {
    const problems = checkTask({ request: { store: false }, options: { priority: 'urgent' } }, 'line 7');
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(':')))).toEqual([
      'line 7, input',
      'line 7, model',
      'line 7, store',
      'line 7, priority',
    ]);
  });
});

describe('tools that are refused', () => {
  const mcp = { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.org' };
  const auto = { type: 'auto' };
  test.each<[string, unknown, string]>([
    ['tools[0]', 'web_search', 'expected an object'],
    ['tools[0].type', {}, '"web_search"'],
    ['tools[0].allowed_domains', { type: 'web_search', allowed_domains: [] }, 'did you mean filters.allowed_domains?'],
    ['tools[0].allowed_domains', { type: 'web_search_preview', allowed_domains: [] }, 'web_search with filters'],
    ['tools[0].container', { type: 'web_search_preview', container: auto }, 'code_interpreter'],
    ['tools[0].max_uses', { type: 'web_search_2025_08_26', max_uses: 3 }, 'max_tool_calls'],
    ['tools[0].search_contextsize', { type: 'web_search', search_contextsize: 'low' }, 'mean search_context_size?'],
    ['tools[0].filters', { type: 'web_search', filters: [] }, 'allowed_domains'],
    ['tools[0].filters.type', { type: 'web_search', filters: { type: 'x' } }, 'those of file_search'],
    ['tools[0].filters.allowed_domains', { type: 'web_search', filters: { allowed_domains: 'a' } }, 'array of strings'],
    ['tools[0].user_location', { type: 'web_search', user_location: 'Rome' }, 'approximate'],
    ['tools[0].user_location.citty', { type: 'web_search', user_location: { citty: 'Rome' } }, 'city'],
    ['tools[0].blocked_domains', { type: 'web_search', blocked_domains: [] }, 'filters.blocked_domains'],
    ['tools[0].filters.blocked_domains', { type: 'web_search', filters: { blocked_domains: 'a' } }, 'array of strings'],
    ['tools[0].container', { type: 'code_interpreter' }, '{"type": "auto"}'],
    ['tools[0].container', { type: 'code_interpreter', container: 7 }, 'cntr_'],
    ['tools[0].container.type', { type: 'code_interpreter', container: {} }, 'write "auto"'],
    [
      'tools[0].container.files',
      { type: 'code_interpreter', container: { ...auto, files: ['file-1'] } },
      'unknown field; did you mean file_ids? it takes ids like "file-…" (or leave it out and name paths in the task option files)',
    ],
    [
      'tools[0].container.file_ids',
      { type: 'code_interpreter', container: { ...auto, file_ids: ['x.csv'] } },
      'file-…',
    ],
    ['tools[0].file_ids', { type: 'code_interpreter', container: auto, file_ids: [] }, 'container.file_ids'],
    ['tools[0].vector_store_ids', { type: 'file_search' }, 'missing'],
    ['tools[0].vector_store_ids', { type: 'file_search', vector_store_ids: [] }, 'non-empty array'],
    ['tools[0].vector_store_id', { type: 'file_search', vector_store_id: 'x', vector_store_ids: ['x'] }, 'store_ids?'],
    ['tools[0].server_label', { ...mcp, server_label: undefined }, 'a name for the server'],
    ['tools[0].server_url', { ...mcp, server_url: undefined }, 'exactly one of server_url, connector_id, tunnel_id'],
    ['tools[0].server_url', { ...mcp, connector_id: 'connector_gmail' }, 'exactly one of'],
    ['tools[0].server_url', { ...mcp, server_url: 7 }, 'the address or the id'],
    ['tools[0].headers', { ...mcp, headers: 'a: b' }, 'object of strings'],
    ['tools[0].headers.A', { ...mcp, headers: { A: 1 } }, 'in quotes'],
    ['tools[0].server_labl', { ...mcp, server_labl: 'x' }, 'did you mean server_label?'],
    ['tools[0].name', { type: 'function' }, 'name of the function'],
    ['tools[0].function', { type: 'function', name: 'f', function: {} }, 'beside type'],
  ])('given a bad %s (%#) -> then one problem names it and says what to write', (field, tool, hint) => {
    expectOne(toolProblems(tool), field, hint);
  });

  test.each<[string, Record<string, unknown>]>([
    ['authorization', { authorization: 'SENSITIVE' }],
    ['authorization', { authorization: 'Bearer  secret://SENSITIVE' }],
    ['authorization', { authorization: 'secret://SENSITIVE value' }],
    ['headers.Authorization', { headers: { Authorization: 'Bearer SENSITIVE' } }],
    ['headers.X-API-Key', { headers: { 'X-API-Key': 'SENSITIVE' } }],
    ['headers.apikey', { headers: { apikey: 'SENSITIVE' } }],
    ['headers.X-Auth-Token', { headers: { 'X-Auth-Token': 'SENSITIVE' } }],
    ['headers.client_secret', { headers: { client_secret: 'SENSITIVE' } }],
    ['headers.Cookie', { headers: { Cookie: 'SENSITIVE' } }],
    ['headers.password', { headers: { password: 'SENSITIVE' } }],
    ['headers.X-Other', { headers: { 'X-Other': 'Bearer SENSITIVE' } }],
    ['server_url', { server_url: 'https://user:SENSITIVE@mcp.example.org' }],
    ['server_url', { server_url: 'https://mcp.example.org/?api_key=SENSITIVE' }],
  ])('given an inline credential in %s (%#) -> then refused with the fix, never printed', (field, change) => {
    const problems = toolProblems({ ...mcp, ...change });
    expectOne(problems, `tools[0].${field}`, 'secret://NAME');
    expect(problems.join()).not.toContain('SENSITIVE');
  });
});

describe('options and sources that are refused', () => {
  test.each<[string, unknown, string]>([
    ['options', 'high', 'expected an object'],
    ['maxWait', { maxWait: 5 }, 'known are'],
    ['maxWaitSecond', { maxWaitSecond: 5 }, 'unknown option; did you mean maxWaitSeconds?'],
    ['max_wait_seconds', { max_wait_seconds: 5 }, 'did you mean maxWaitSeconds?'],
    ['priority', { priority: 'urgent' }, '"high" or "medium" or "low"'],
    ['priority', { priority: null }, '"high"'],
    ['onTimeout', { onTimeout: 'stop' }, '"cancel" or "leave"'],
    ['onAmbiguousCreate', { onAmbiguousCreate: 'ask' }, '"retry" or "fail"'],
    ['watch', { watch: 'socket' }, '"poll" or "stream" or "webhook" or "auto"'],
    ['webhookReceiver', { webhookReceiver: 'yes' }, 'true or false'],
    ['allowKeysInPrompt', { allowKeysInPrompt: 1 }, 'true or false'],
    ['tenant', { tenant: '' }, '1 to 64'],
    ['tenant', { tenant: 'a/b' }, '1 to 64'],
    ['labels', { labels: ['a'] }, 'object of strings'],
    ['labels', { labels: pairs(21) }, 'at most 20'],
    ['labels.n', { labels: { n: 1 } }, 'in quotes'],
    ['labels.n', { labels: { n: 'x'.repeat(513) } }, 'at most 512'],
    [`labels["${'k'.repeat(58)}…]`, { labels: { ['k'.repeat(65)]: 'v' } }, 'a name of at most 64'],
    ['files', { files: 'a.csv' }, '[{"path": "data.csv"}]'],
    ['files', { files: Array.from({ length: 51 }, () => ({ path: 'a' })) }, 'at most 50'],
    ['files[0]', { files: ['a.csv'] }, '[{"path": "data.csv"}]'],
    ['files[0].path', { files: [{ path: '' }] }, 'data.csv'],
    ['files[0].path', { files: [{ path: 'p'.repeat(1001) }] }, 'at most 1000'],
    ['files[1].purpose', { files: [{ path: 'a' }, { path: 'b', purpose: 1 }] }, 'user_data'],
    ['files[0].name', { files: [{ path: 'a', name: 'b' }] }, 'known are path, purpose'],
    ['maxOutputBytes', { maxOutputBytes: 67_108_865 }, '0 to 67,108,864'],
  ])('given a bad %s (%#) -> then one problem names it and says what to write', (field, options, hint) => {
    expectOne(optionProblems(options), field, hint);
  });

  test.each(['pollIntervalsSeconds', 'safetyNetSeconds', 'maxWaitSeconds', 'maxQueuedSeconds', 'inlineWaitSeconds'])(
    'given a bad %s -> then the problem of the settings',
    (name) => {
      const problems = optionProblems({ [name]: -1 });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name}: expected .*-?\\d+ to \\d+`));
    },
  );

  test.each<[string, unknown, string]>([
    ['task', 'Hello', 'expected an object'],
    ['task', {}, 'neither'],
    ['task', { request: good, attach: { responseId: 'resp_1' } }, 'both'],
    ['request', { request: 'Hello' }, 'expected an object'],
    ['attach', { attach: 'resp_1' }, '{"responseId": "resp_…"}'],
    ['attach.responseId', { attach: {} }, 'missing'],
    ['attach.responseId', { attach: { responseId: '../files' } }, '"../files"'],
    ['option', { request: good, option: {} }, 'did you mean options?'],
    ['priority', { request: good, priority: 'low' }, 'inside options'],
    ['carried', { request: good, carried: {} }, 'leave it out'],
  ])('given a task with a bad %s (%#) -> then one problem', (field, task, hint) => {
    expectOne(checkTask(task), field, hint);
  });
});

describe('what passes', () => {
  test.each<[string, Record<string, unknown>]>([
    ['unknown top-level fields', { access_programs: ['x'], brand_new: { deep: 1 } }],
    ['an unknown tool type', { tools: [{ type: 'image_generation', anything: 1 }, { type: 'constructor' }] }],
    ['a template without input and model', { input: undefined, model: undefined, prompt: { id: 'pmpt_1' } }],
    ['the fixed fields as they are', { background: true, stream: false, store: true }],
    ['null for what is left out', { background: null, stream: null, store: null, tools: null, metadata: null }],
    ['input items', { input: [{ role: 'user', content: 'Hello' }], instructions: [{ role: 'developer' }] }],
    ['the bounds themselves', { max_output_tokens: 16, max_tool_calls: 1, temperature: 2, top_p: 0 }],
    ['full metadata', { metadata: { ...pairs(12), ['k'.repeat(64)]: 'v'.repeat(512) } }],
    ['what goes on from before, without input', { input: undefined, previous_response_id: 'resp_1' }],
    ['a conversation that has its input', { input: [], conversation: 'conv_1' }],
    ['99 levels below the request', { extra: nested(99) }],
    ['a conversation', { conversation: { id: 'conv_1' }, reasoning: { effort: 'high', summary: null } }],
    ['a structured answer', { text: { format: { type: 'json_schema', name: 'a', schema: {} } } }],
    [
      'the tools of the deep research guide',
      {
        model: 'o3-deep-research',
        reasoning: { summary: 'auto' },
        tools: [
          { type: 'web_search_preview' },
          { type: 'web_search', filters: { allowed_domains: ['example.org'] }, user_location: { type: 'approximate' } },
          { type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'], max_num_results: 5 },
          { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'], memory_limit: '4g' } },
          { type: 'code_interpreter', container: 'cntr_1' },
          { type: 'mcp', server_label: 'a', server_url: 'https://a.example/mcp', require_approval: 'never' },
          { type: 'mcp', server_label: 'b', connector_id: 'connector_gmail', authorization: 'secret://GMAIL_TOKEN' },
          { type: 'mcp', server_label: 'c', server_url: 'secret://C', headers: { 'X-Api-Key': 'secret://K', A: 'b' } },
          { type: 'function', name: 'f', parameters: {}, strict: true, description: null },
        ],
      },
    ],
    [
      'controls of the web search, and fields that tools may get',
      {
        tools: [
          { type: 'web_search', return_token_budget: 'unlimited', filters: { blocked_domains: ['a.example'] } },
          { type: 'web_search', search_content_types: ['text', 'image'], image_settings: { max_results: 3 } },
          { type: 'web_search', something_new: true, user_location: { planet: 'Earth' }, filters: { languages: [] } },
          { type: 'code_interpreter', container: { type: 'auto', packages: ['numpy'] }, timeout_minutes: 5 },
        ],
      },
    ],
  ])('given %s -> then no problem', (_, change) => {
    expect(requestProblems(change)).toEqual([]);
  });

  test('given every option -> then no problem', () => {
    const options = {
      watch: 'auto',
      safetyNetSeconds: [900],
      webhookReceiver: true,
      pollIntervalsSeconds: [1, 2.5],
      inlineWaitSeconds: 0,
      maxWaitSeconds: 60,
      maxQueuedSeconds: 30,
      onTimeout: 'leave',
      onAmbiguousCreate: 'fail',
      priority: 'low',
      tenant: 'team-1',
      labels: { project: 'x' },
      files: [{ path: 'a.csv', purpose: 'assistants' }],
      maxOutputBytes: 0,
      allowKeysInPrompt: true,
    };
    expect(optionProblems(options)).toEqual([]);
    expect(optionProblems({ priority: undefined })).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['no tools', undefined],
    ['another tool', [{ type: 'web_search' }, null]],
    ['a container of its own', [{ type: 'code_interpreter', container: 'cntr_1' }]],
  ])('given files and %s -> then refused: the run would be paid and have none of them', (_, tools) => {
    const problems = checkTask({
      request: { ...good, tools: tools ?? undefined },
      options: { files: [{ path: 'a' }] },
    });
    expect(problems.filter((problem) => problem.startsWith('files: '))).toEqual([
      expect.stringContaining('add {"type": "code_interpreter", "container": {"type": "auto"}}'),
    ]);
  });

  test('given files for a response that exists -> then refused; without any -> then no problem', () => {
    const attach = { responseId: 'resp_1' };
    const [problem] = checkTask({ attach, options: { files: [{ path: 'a' }] } });
    expect(problem).toMatch(/^files: nothing is sent to a response that exists/);
    expect(checkTask({ attach, options: { files: [] } })).toEqual([]);
  });

  test('given an attach -> then no problem, and assertTask does not throw', () => {
    expect(() => assertTask({ attach: { responseId: 'resp_0-A' }, request: undefined })).not.toThrow();
  });
});

describe('assertTask and checkId', () => {
  test('given a bad task -> then a UsageError with every problem', () => {
    const act = () => assertTask({ request: {} });
    expect(act).toThrow(UsageError);
    expect(act).toThrow(/^input: .*\nmodel: /);
  });

  test.each(['a', 'batch-1/item-0001', 'A.b:c_d', 'x'.repeat(200)])('given the id %s -> then no problem', (id) => {
    expect(checkId(id)).toEqual([]);
  });

  test.each(['', ' a', '-a', '/a', 'a b', 'a\n', 'é', "a'b", 'x'.repeat(201)])(
    'given the id %j -> then refused',
    (id) => {
      const [problem] = checkId(id, 'the batch id');
      expect(problem).toMatch(/^the batch id: ".*; write 1 to 200 of/);
      expect(problem).not.toContain('\n');
    },
  );

  test('given a long id with control characters -> then shown escaped, in 60 characters', () => {
    const shown = /^id: (.*) cannot be/.exec(checkId(`\u001b\u009b\u202e${'x'.repeat(300)}`)[0] ?? '')?.[1] ?? '';
    expect(shown).toMatch(/^"\\u001b\\u009b\\u202ex+…$/);
    expect(shown).toHaveLength(60);
  });
});

describe('checkChange', () => {
  test('given the options that may change -> then no problem', () => {
    expect(checkChange({ pollIntervalsSeconds: [1], maxWaitSeconds: 5, maxQueuedSeconds: 5 })).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ['change', 'now', 'expected an object'],
    ['priority', { priority: 'low' }, 'unknown change; known are pollIntervalsSeconds'],
    ['maxWaitSecond', { maxWaitSecond: 5 }, 'did you mean maxWaitSeconds?'],
    ['pollIntervalsSeconds', { pollIntervalsSeconds: [] }, '1 to 100 numbers'],
  ])('given a bad %s (%#) -> then one problem', (field, change, hint) => {
    const problems = checkChange(change);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(`${field}: `)).toBe(true);
    expect(problems[0]).toContain(hint);
  });
});
