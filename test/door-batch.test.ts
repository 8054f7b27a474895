import { describe, expect, test } from 'vitest';
import { assertBatch, parseBatchLines } from '../src/door';
import { UsageError } from '../src/errors';

const model = 'o3';
const interpreter = { type: 'code_interpreter', container: { type: 'auto' } };
const jsonl = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');
const parseOne = (line: unknown) => parseBatchLines(jsonl(line), { model });
const apiLine = { custom_id: 'a', method: 'POST', url: '/v1/responses', body: { model, input: 'Hi' } };

describe('lines that are tasks', () => {
  test.each<[string, unknown, unknown]>([
    ['a string', 'Hi', { id: 'item-0001', task: { request: { input: 'Hi', model } } }],
    ['a prompt text', { prompt: 'Hi', id: 'a' }, { id: 'a', task: { request: { input: 'Hi', model } } }],
    [
      'request fields and options beside each other',
      { input: 'Hi', model: 'o4', tools: [interpreter], priority: 'low', files: [{ path: 'a.csv' }] },
      {
        id: 'item-0001',
        task: {
          request: { input: 'Hi', model: 'o4', tools: [interpreter] },
          options: { priority: 'low', files: [{ path: 'a.csv' }] },
        },
      },
    ],
    [
      'a template, which keeps its own model',
      { prompt: { id: 'pmpt_1' } },
      { id: 'item-0001', task: { request: { prompt: { id: 'pmpt_1' } } } },
    ],
    [
      'a request with options',
      { request: { input: 'Hi' }, options: { tenant: 'a' }, id: 'x' },
      { id: 'x', task: { request: { input: 'Hi', model }, options: { tenant: 'a' } } },
    ],
    [
      'an attach',
      { attach: { responseId: 'resp_1' } },
      { id: 'item-0001', task: { attach: { responseId: 'resp_1' } } },
    ],
    ['a line of the Batch API', apiLine, { id: 'a', task: { request: { model, input: 'Hi' } } }],
  ])('given %s -> then its task', (_, line, item) => {
    expect(parseOne(line)).toEqual({ items: [item], problems: [] });
  });

  test('given a BOM, CRLF and blank lines -> then skipped; items are counted, problems name the line', () => {
    const { items, problems } = parseBatchLines('\uFEFF"a"\r\n\r\n  \r\n"b"\r\n7\r\n', { model });
    expect(items.map(({ id }) => id)).toEqual(['item-0001', 'item-0002', 'item-0003']);
    expect(items[2]?.problem).toMatchObject({ line: 5, field: 'line' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^line 5, line: expected a string or an object; write /);
  });

  test('given default options -> then under those of the line', () => {
    const { items } = parseBatchLines(jsonl({ input: 'Hi', priority: 'low' }), {
      model,
      options: { priority: 'high', tenant: 't' },
    });
    expect(items[0]?.task?.options).toEqual({ priority: 'low', tenant: 't' });
  });

  test('given __proto__ keys -> then they give nothing and change nothing', () => {
    const { items } = parseBatchLines(
      '{"__proto__": {"input": "x", "model": "y"}}\n{"input": "Hi", "__proto__": {"id": "a"}}',
      { model },
    );
    expect(items[0]?.problem?.field).toBe('input');
    expect(items[1]).toMatchObject({ id: 'item-0002', task: { request: { input: 'Hi' } } });
    expect(({} as Record<string, unknown>).input).toBeUndefined();
  });
});

describe('lines that are refused', () => {
  test.each<[string, unknown, string]>([
    ['line', 7, 'expected a string or an object'],
    ['line', null, 'expected a string or an object'],
    ['line', [], 'expected a string or an object'],
    ['input', '', 'not blank'],
    ['input', {}, 'missing'],
    ['prompt', { prompt: 'a', input: 'b' }, 'only one of them'],
    ['options', { input: 'a', options: {} }, 'beside input'],
    ['priority', { input: 'a', priority: 'urgent' }, '"high"'],
    ['id', { input: 'a', id: 'a/b' }, '"a/b" cannot be'],
    ['id', { input: 'a', id: 7 }, 'in quotes'],
    ['input', { request: { model } }, 'missing'],
    ['priority', { request: { model, input: 'a' }, priority: 'low' }, 'inside options'],
    ['task', { request: { model, input: 'a' }, attach: { responseId: 'resp_1' } }, 'both'],
    ['options', { request: { model, input: 'a' }, options: 'low' }, 'expected an object'],
    ['attach.responseId', { attach: { responseId: 'a/b' } }, 'resp_'],
    ['custom_id', { ...apiLine, custom_id: 7 }, 'in quotes'],
    ['custom_id', { ...apiLine, custom_id: ' ' }, '1 to 512'],
    ['custom_id', { ...apiLine, custom_id: 'x'.repeat(513) }, '513 characters'],
    ['method', { ...apiLine, method: 'GET' }, '"POST"'],
    ['url', { ...apiLine, url: '/v1/chat/completions' }, '"/v1/responses"'],
    ['body', { ...apiLine, body: 'x' }, 'expected an object'],
    ['stream', { ...apiLine, body: { ...apiLine.body, stream: true } }, 'polls'],
    ['priority', { ...apiLine, priority: 'low' }, 'known are custom_id'],
    ['line', { input: 'x'.repeat(67_108_864) }, 'more than 67,108,864'],
  ])('given a bad %s (%#) -> then an item with the problem, and one entry', (field, line, hint) => {
    const { items, problems } = parseOne(line);
    expect(items).toHaveLength(1);
    expect(items[0]?.task).toBeUndefined();
    expect(items[0]?.problem).toMatchObject({ line: 1, field });
    expect(items[0]?.problem?.message).toContain(hint);
    expect(problems).toEqual([`line 1, ${field}: ${items[0]?.problem?.message}`]);
  });

  test('given a line that is not JSON -> then the place is named and the text is not', () => {
    const { problems } = parseBatchLines('{"input": SENSITIVE}');
    expect(problems[0]).toContain('line 1, line: not valid JSON');
    expect(problems[0]).not.toContain('SENS');
  });

  test('given a very deep line -> then refused, no overflow', () => {
    const { problems } = parseBatchLines(`{"model":"o3","input":${'['.repeat(300_000)}${']'.repeat(300_000)}}`);
    expect(problems[0]).toMatch(/^line 1, (request: nested deeper than 100|line: not valid JSON)/);
  });

  test('given several faults in a line -> then the first, and the fields of the others', () => {
    const { problems } = parseBatchLines('{"store": false}');
    expect(problems).toEqual(['line 1, input: missing; write the prompt (2 more in this line: model, store)']);
  });

  test('given no model at all -> then refused', () => {
    expect(parseBatchLines('"Hi"').problems[0]).toContain('line 1, model: missing');
  });

  test('given an id twice -> then the later line is bad, and has an id of its own', () => {
    const lines = [
      { id: 'a', input: '1' },
      { id: 'a', input: '2' },
      { id: 'a-line-2', input: '3' },
      { id: 'item-0005', input: '4' },
      'five',
    ];
    const { items, problems } = parseBatchLines(jsonl(...lines), { model });
    expect(items.map(({ id }) => id)).toEqual(['a', 'a-line-2-2', 'a-line-2', 'item-0005', 'item-0005-line-5']);
    expect(items.map(({ task }) => task !== undefined)).toEqual([true, false, true, true, true]);
    expect(problems).toEqual(['line 2, id: "a" is the id of line 1; write another']);
  });
});

describe('custom_ids', () => {
  const NO_IDS = ['my id', 'Bericht/München 7', '-a', '日本語', '\u202e\0\ud800', '__proto__', 'x'.repeat(101)];

  test('given some that can be no id -> then an id by the place, and the custom_id beside it', () => {
    const lines = NO_IDS.map((custom_id) => ({ ...apiLine, custom_id }));
    const { items, problems } = parseBatchLines(jsonl(apiLine, ...lines));
    expect(problems).toEqual([]);
    expect(items.map(({ id, customId }) => [id, customId])).toEqual([
      ['a', undefined],
      ...NO_IDS.map((customId, i) => [`item-000${i + 2}`, customId]),
    ]);
    expect(() => assertBatch({ items })).not.toThrow();
  });

  test('given an item-0002 in line 1 and a custom_id that can be no id in line 2 -> then two ids', () => {
    const lines = ['item-0002', 'my id'].map((custom_id) => ({ ...apiLine, custom_id }));
    const { items } = parseBatchLines(jsonl(...lines));
    expect(items.map(({ id }) => id)).toEqual(['item-0002', 'item-0002-line-2']);
  });

  test('given one twice that can be no id -> then the later line is bad, and the message does not repeat it', () => {
    const line = { ...apiLine, custom_id: 'my id' };
    const { items, problems } = parseBatchLines(jsonl(line, line));
    expect(items.map(({ id, customId }) => [id, customId])).toEqual([
      ['item-0001', 'my id'],
      ['item-0002', undefined],
    ]);
    expect(problems).toEqual(['line 2, custom_id: is that of line 1; write another']);
  });

  test('given a bad body beside it -> then the rejected item has it, too', () => {
    const { items } = parseBatchLines(jsonl({ ...apiLine, custom_id: 'my id', body: {} }));
    expect(items[0]).toMatchObject({ id: 'item-0001', customId: 'my id', problem: { line: 1, field: 'input' } });
  });
});

describe('files that are refused', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '', /^file: no task in it; /],
    ['blank lines only', '\uFEFF\r\n \n', /^file: no task in it; /],
    ['100,001 items', '"a"\n'.repeat(100_001), /^file: 100,001 items are more than 100,000; split the file/],
  ])('given %s -> then a UsageError with advice', (_, text, message) => {
    const act = () => parseBatchLines(text, { model });
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });

  test('given 10,000 items -> then all of them', () => {
    expect(parseBatchLines('"a"\n'.repeat(10_000), { model }).items).toHaveLength(10_000);
  });

  test('given a huge bad line among good ones -> then only that line is refused', () => {
    const { items, problems } = parseBatchLines(`"a"\n"${'x'.repeat(67_200_000)}"`, { model });
    expect(items.map(({ task }) => task !== undefined)).toEqual([true, false]);
    expect(problems).toHaveLength(1);
  });

  test('given wrong default options -> then a UsageError, not one problem for each line', () => {
    expect(() => parseBatchLines('"a"', { model, options: { tenant: '' } })).toThrow(/^tenant: /);
  });
});

describe('assertBatch', () => {
  const good = { id: 'a', task: { request: { model: 'o3', input: 'x' } } };
  test.each([
    ['no items', { items: [] }, 'items: a batch needs at least one'],
    ['two items of one id', { items: [good, good] }, 'items[1].id: is the id'],
    ['an id with a slash', { items: [{ ...good, id: 'a/b' }] }, 'items[0].id: "a/b" cannot be the id of an item'],
    ['a blank customId', { items: [{ ...good, customId: ' ' }] }, 'items[0].customId: 1 characters, or only blanks'],
    [
      'two items of one customId',
      { items: [good, { ...good, id: 'b' }].map((one) => ({ ...one, customId: 'my id' })) },
      'items[1].customId: is that of an item before it',
    ],
    ['a blank prompt', { items: [{ id: 'a', task: { request: { model: 'o3', input: ' ' } } }] }, 'items[0], input'],
    ['concurrency of 0', { items: [good], concurrency: 0 }, 'concurrency: expected'],
    [
      'a limit that is misspelt',
      { items: [good], budget: { maxTokenz: 5 } },
      'budget.maxTokenz: unknown field; did you',
    ],
    ['a limit of another form', { items: [good], budget: { max_cost_usd: 1 } }, 'did you mean maxCostUsd?'],
    ['a budget that is a number', { items: [good], budget: 5 }, 'budget: expected an object'],
    ['an end without a limit', { items: [good], budget: { whenReached: 'cancel' } }, 'whenReached: there is no limit'],
    ['a setting that is misspelt', { items: [good], concurency: 5 }, 'concurency: unknown setting; did you mean'],
    [
      'files for all that none gets',
      { items: [good], options: { files: [{ path: 'a' }] } },
      'items[0], files: no tool',
    ],
    ['a bad option for all', { items: [good], options: { maxWaitSeconds: -1 } }, 'maxWaitSeconds'],
    [
      '100,001 items',
      { items: Array.from({ length: 100_001 }, (_, i) => ({ ...good, id: `i${i}` })) },
      'start several batches',
    ],
  ])('%s -> refused, with the place', (_name, batch, message) => {
    expect(() => assertBatch(batch as Parameters<typeof assertBatch>[0])).toThrow(message);
  });
});
