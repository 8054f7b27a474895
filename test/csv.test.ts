/** CSV of tasks in, CSV of records out. */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { describe, expect, test } from 'vitest';
import type { BatchRecord } from '../src/contracts';
import { parseBatchCsv } from '../src/door';
import { MAX_BYTES } from '../src/door/bounds';
import { UsageError } from '../src/errors';
import { csvLines, safeCell } from '../src/results/csv';
import { aRecord, all, each } from './helpers/records';

const model = 'o3';
const read = (text: string) => parseBatchCsv(text, { model });
const inputs = (text: string) => read(text).items.map(({ task }) => task?.request?.input);

describe('rows that are tasks', () => {
  test('given every kind of column -> then request, options, metadata and labels', () => {
    const header =
      'id,input,model,instructions,reasoning_effort,max_output_tokens,priority,tenant,max_wait_seconds,' +
      'poll_intervals_seconds,onTimeout,retry_times,metadata.team,label.__proto__';
    const { items, problems } = read(`${header}\na, Hi ,o4,Be brief.,high,100,low,t1,600,"1, 2,5",leave,2,red,x\n`);
    expect(problems).toEqual([]);
    const { task } = items[0]!;
    expect(task?.request).toEqual({
      input: ' Hi ',
      model: 'o4',
      instructions: 'Be brief.',
      reasoning: { effort: 'high' },
      max_output_tokens: 100,
      metadata: { team: 'red' },
    });
    const { labels, ...options } = task?.options ?? {};
    expect(options).toEqual({
      priority: 'low',
      tenant: 't1',
      maxWaitSeconds: 600,
      pollIntervalsSeconds: [1, 2, 5],
      onTimeout: 'leave',
      retryOn: { times: 2 },
    });
    expect(Object.entries(labels ?? {})).toEqual([['__proto__', 'x']]);
    expect(items[0]?.id).toBe('a');
  });

  test.each<[string, string, unknown[]]>([
    ['a BOM and CRLF', '\uFEFFinput,id\r\na,1\r\nb,2\r\n', ['a', 'b']],
    ['no line end at the end', 'input\na', ['a']],
    ['quotes, commas and line ends in a cell', 'input,id\n"a ""b"", c\r\nd\ne",1\n', ['a "b", c\r\nd\ne']],
    ['blank lines and rows of empty cells', 'input,id\n\na,1\n,\n"",\nb,2\n\n', ['a', 'b']],
    ['prompt and custom_id as names', 'custom_id,prompt\nx,a\n', ['a']],
  ])('given %s -> then its tasks', (_, text, expected) => {
    expect(inputs(text)).toEqual(expected);
  });

  test('given a custom_id that can be no id -> then it is kept beside one, as for a line of the Batch API', () => {
    const { items, problems } = parseBatchCsv('custom_id,input\n"Müller, 7",a\nb,c\n', { model });
    expect(problems).toEqual([]);
    expect(items.map(({ id, customId }) => [/^[\w.-]+$/.test(id), customId])).toEqual([
      [true, 'Müller, 7'],
      [true, undefined],
    ]);
    expect(items[1]?.id).toBe('b');
  });

  test('given empty cells -> then the defaults hold', () => {
    const { items } = parseBatchCsv('input,model,priority\na,,\nb,o4,low\n', { model, options: { priority: 'high' } });
    expect(items.map(({ task }) => [task?.request?.model, task?.options?.priority])).toEqual([
      ['o3', 'high'],
      ['o4', 'low'],
    ]);
  });
});

describe('rows that are refused', () => {
  test('given bad rows after cells with line ends -> then each names the line it begins on, and its field', () => {
    const text =
      'input,id,max_wait_seconds\r\n"a\r\nb",ok,\r\n\r\n"c\nd",no,soon\r\nonly one\r\n,blank,1\r\ne,ok,2\r\n';
    const { items, problems } = read(text);
    expect(items.map(({ problem }) => problem && [problem.line, problem.field])).toEqual([
      undefined,
      [5, 'maxWaitSeconds'],
      [7, 'line'],
      [8, 'input'],
      [9, 'id'],
    ]);
    expect(problems).toHaveLength(4);
    expect(problems[1]).toBe('line 7, line: 1 cell for 3 columns; put a cell with a comma in it in quotes');
    expect(problems[3]).toContain('is the id of line 2');
  });

  test.each<[string, string, RegExp]>([
    [
      'an unknown column',
      'input,prioritty\na,low',
      /column "prioritty": unknown; did you mean priority\? Known are in/,
    ],
    ['two columns for one thing', 'input,prompt\na,b', /column "prompt": says the same as "input"; keep one/],
    ['a column twice', 'input,id,id\na,b,c', /column "id": says the same/],
    ['no input', 'id,model\na,o3', /header: no column input/],
    ['semicolons', 'id;input\na;b', /separate the columns by commas/],
    ['an option that is no plain value', 'input,files\na,b', /column "files": unknown/],
    ['a header only', 'input,id\n', /^file: no task in it/],
    ['nothing', '', /^file: no task in it/],
    ['a quote that is not closed', 'input\n"a\nb\n', /^file: line 2: a quote is opened and never closed/],
    ['a quote in the middle', 'input\nSENSITIVE "a"\n', /^file: line 2: a quote is out of place; (?!.*SENS)/],
    ['text after a quote', 'input\n"x"\n"a"b\n', /^file: line 3: a quote is out of place/],
    ['too many', `input\n${'a\n'.repeat(100_001)}`, /^file: 100,001 items are more than 100,000/],
  ])('given %s -> then the whole file is, with advice', (_, text, message) => {
    expect(() => read(text)).toThrow(UsageError);
    expect(() => read(text)).toThrow(message);
  });

  test('given a huge row among good ones -> then only that one', () => {
    const { items } = read(`input\na\n${'x'.repeat(MAX_BYTES + 1)}\nb\n`);
    expect(items.map(({ problem }) => problem?.field)).toEqual([undefined, 'line', undefined]);
  });
});

describe('records as CSV', () => {
  const written = (records: BatchRecord[]) => all(csvLines(each(records)));

  test('given a custom_id that is a formula -> then it is text, in a column of its own', async () => {
    expect(await written([aRecord({ customId: '=1+1' })])).toMatch(/,custom_id\r\n[^]*,'=1\+1\r\n$/);
  });

  test('given a record -> then header and row as they always are', async () => {
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 30,
    };
    const record = aRecord({ result: 'Say "hi",\nthen\tgo.', usage, seconds: 3.25, notCleaned: ['file a', 'file b'] });
    expect(await written([record])).toBe(
      'index,id,status,response_id,model,priority,result,error_code,error_message,input_tokens,cached_tokens,' +
        'output_tokens,reasoning_tokens,seconds,started_at,ended_at,polls,creates,retries,possible_orphans,' +
        'not_cleaned,result_omitted,custom_id\r\n' +
        '0,item-0001,completed,resp_1,o3,medium,"Say ""hi"",\nthen\tgo.",,,10,4,20,5,3.25,' +
        '2026-01-01T00:00:00.000Z,2026-01-01T00:00:03.250Z,2,1,0,0,file a; file b,false,\r\n',
    );
  });

  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\0x',
    '"=1"',
    ' =1',
    "'=1",
    '\n -1',
    '\uFF1D1',
    '\uFEFF=1',
  ])('given a text %j -> then no formula', (text) => expect(safeCell(text)).toBe(`'${text}`));

  test.each(['', 'a=1', '1-1', 'a', '2026-01-01', '(1)', 'é', '"a"', -5, 0.5, null])(
    'given %j -> then as it is',
    (cell) => expect(safeCell(cell)).toBe(cell),
  );

  test('given texts of odd characters -> then csv-parse reads back what was written, and nothing begins a formula', async () => {
    const odd = ['"', "'", ',', '\r\n', '\n', '\r', '\t', '=', '-', '\0', ' ', 'a', '\u2028', '😀', ';', '\uFEFF'];
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const text = () => Array.from({ length: random(12) }, () => odd[random(odd.length)]).join('');
    const texts = Array.from({ length: 500 }, text);
    const rows = parse(await written(texts.map((result) => aRecord({ result }))), {
      columns: true,
      record_delimiter: '\r\n',
    }) as unknown as Record<string, string>[];
    expect(rows.map(({ result }) => result)).toEqual(texts.map((result) => safeCell(result)));
    for (const { result } of rows) expect(result).not.toMatch(/^[\s"]*[=+\-@]/);
  });

  test('given each sign of a formula, behind each that hides it, in each column -> then none begins a cell', async () => {
    const signs = ['=', '+', '-', '@', '\t', '\r', '\0'];
    const hiding = ['', '"', "'", ' ', '\n', '\uFEFF', '""', '" '];
    const texts = hiding.flatMap((before) => signs.map((sign) => `${before}${sign}1+cmd|' /C calc'!A0`));
    const records = texts.map((text, index) =>
      aRecord({
        index,
        id: text,
        customId: text,
        result: text,
        model: text,
        notCleaned: [text],
        error: { code: text, message: text },
      }),
    );
    const csv = await written(records);
    // What must be the same in each version: a spreadsheet that opened the one opens the other.
    await expect(csv).toMatchFileSnapshot('golden/formulas.csv');
    const rows: string[][] = parse(csv, { record_delimiter: '\r\n', from: 2 });
    const cells = rows.flat();
    expect(cells.filter((cell) => cell.includes('cmd'))).toHaveLength(7 * texts.length);
    expect(cells.filter((cell) => /^["\s]*[=+\-@\t\r\0]/.test(cell))).toEqual([]);
  });

  test('given prompts of odd characters as CSV -> then parseBatchCsv reads each back', () => {
    const prompts = ['a,b', '"q"', 'x\r\ny', ' lead', '=1', 'a\nb"c",', '😀'];
    expect(inputs(stringify([['input'], ...prompts.map((prompt) => [prompt])]))).toEqual(prompts);
  });
});
