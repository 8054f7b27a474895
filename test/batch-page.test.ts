/** The page of a batch, read by a parser of the standard: whatever is in the records stays text. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BatchRecord } from '../src/contracts';
import { escapeHtml, html, pageFrame, scriptJson } from '../src/html';
import { batchPage } from '../src/results/page';
import { all, aRecord, aResult, each } from './helpers/records';

interface Node {
  nodeName: string;
  value?: string;
  attrs?: { name: string; value: string }[];
  childNodes?: Node[];
}

let parse: (text: string) => Node;
beforeAll(async () => {
  // It is an ES module, which these are not.
  const parse5 = await import('parse5');
  parse = (text) => parse5.parse(text);
});

const nodesOf = (node: Node): Node[] => [node, ...(node.childNodes ?? []).flatMap(nodesOf)];
const textOf = (node: Node): string => node.value ?? (node.childNodes ?? []).map(textOf).join('');
const attr = (node: Node, name: string) => node.attrs?.find((one) => one.name === name)?.value;
const named = (nodes: Node[], name: string) => nodes.filter(({ nodeName }) => nodeName === name);

const page = (records: BatchRecord[], fields: Parameters<typeof aResult>[0] = {}) =>
  all(batchPage({ result: aResult({ total: records.length, ...fields }), madeAt: new Date(0) }, each(records)));

const HOSTILE = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '</title><img src=x onerror=alert(1)>',
  '<!--<script>',
  `"'><svg onload=alert(1)>`,
  'javascript:alert(1) data:text/html,<b> https://remote.test/x.png',
  'a\u2028b\u2029c\u202ed\0e\u001bf',
  '</style><base href=https://remote.test>',
  '${alert(1)} {{7*7}} &lt;b&gt; \ud800',
];

const hostile = HOSTILE.flatMap((text, i) => [
  aRecord({ index: 2 * i, id: text, result: text, model: text }),
  aRecord({
    index: 2 * i + 1,
    id: text,
    status: 'failed',
    responseId: text,
    result: null,
    error: { code: text, message: text },
    notCleaned: [text],
  }),
]);

describe('hostile records', () => {
  test('given scripts, ends of elements and quotes everywhere -> then two scripts, both ours, and nothing loads', async () => {
    const usage = { [HOSTILE[0]!]: { responses: 1, input: 1, cachedInput: 0, output: 1, reasoning: 0, unknown: 1 } };
    const fields = { batchId: HOSTILE[2], reason: HOSTILE[0], retryOf: HOSTILE[1], usage, counts: { failed: 9 } };
    const nodes = nodesOf(parse(await page(hostile, fields)));
    const [data, script, ...more] = named(nodes, 'script');
    expect(more).toEqual([]);
    expect(attr(data!, 'type')).toBe('application/json');
    const policy = attr(
      named(nodes, 'meta').find((meta) => attr(meta, 'http-equiv'))!,
      'content',
    );
    expect(policy).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" +
        `${createHash('sha256').update(textOf(script!)).digest('base64')}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    const loading = ['src', 'href', 'srcset', 'action', 'data', 'xlink:href', 'srcdoc', 'background'];
    const attributes = nodes.flatMap(({ attrs = [] }) => attrs.map(({ name }) => name));
    expect(attributes.filter((name) => loading.includes(name) || name.startsWith('on'))).toEqual([]);
    expect(nodes.filter(({ nodeName }) => ['img', 'iframe', 'base', 'link', 'object', 'a'].includes(nodeName))).toEqual(
      [],
    );
    expect(textOf(named(nodes, 'title')[0]!)).toBe(`Batch ${HOSTILE[2]}`);
    expect(named(nodes, 'style')).toHaveLength(1);
    expect(textOf(named(nodes, 'style')[0]!)).not.toMatch(/url\(|@import/);
  });

  test('given the same -> then each text is there, in the failures and in the data', async () => {
    const text = await page(hostile, { counts: { failed: HOSTILE.length } });
    const nodes = nodesOf(parse(text));
    const rows = JSON.parse(textOf(named(nodes, 'script')[0]!)) as (string | number)[][];
    expect(rows.map((row) => row[1])).toEqual(hostile.map(({ id }) => id));
    const failures = named(nodes, 'td').map(textOf);
    for (const one of HOSTILE.slice(0, 6)) expect(failures).toContain(one);
    expect(textOf(named(nodes, 'script')[0]!)).not.toMatch(/[\u2028\u2029<]/);
  });
});

describe('what it says', () => {
  test('given no failure -> then it says so', async () => {
    expect(await page([aRecord()])).toContain('None: every item completed.');
  });

  test('given nothing that was started -> then no plots and no wrong numbers', async () => {
    const none = { responseId: null, seconds: null, startedAt: null, endedAt: null, result: null } as const;
    const text = await page([aRecord({ ...none, status: 'cancelled' })], { counts: { cancelled: 1 } });
    expect(text).not.toMatch(/NaN|Infinity/);
    expect(text).not.toContain('<figure');
  });

  test('given a custom_id that could not be the id -> then it names the item, in the failures too', async () => {
    const text = await page([aRecord({ customId: 'my <id>', status: 'failed', result: null })]);
    const nodes = nodesOf(parse(text));
    const [row] = JSON.parse(textOf(named(nodes, 'script')[0]!)) as unknown[][];
    expect(row?.slice(0, 3)).toEqual([1, 'my <id>', 'failed']);
    expect(named(nodes, 'td').map(textOf)).toContain('my <id>');
  });

  test('given costs and their date -> then both', async () => {
    const text = await page([aRecord()], { costUsd: 1.5, pricesAsOf: '2026-11-01' });
    expect(text).toContain('$1.50');
    expect(text).toContain('prices of 2026-11-01');
  });

  test('given 10,000 records of long answers -> then at most 500 bytes each, 200 failures in the page', async () => {
    const records = Array.from({ length: 10_000 }, (_, index) =>
      aRecord({ index, result: 'long '.repeat(400), status: index % 2 ? 'incomplete' : 'completed' }),
    );
    const text = await page(records, { counts: { completed: 5_000, incomplete: 5_000 } });
    expect(text.length).toBeLessThan(500 * 10_000);
    expect(text.match(/<td class="status incomplete">/g)).toHaveLength(200);
    expect(text).toContain('Failures: 5,000');
  });
});

describe('html', () => {
  test('given text, lists, numbers, nothing and html -> then only html stays', () => {
    const all = html`<b title="${'"&\''}">${['<', 1, null, false, html`<i></i>`]}</b>`;
    expect(all.text).toBe('<b title="&quot;&amp;&#39;">&lt;1<i></i></b>');
    expect(escapeHtml('a\0\u001b\n')).toBe('a\uFFFD\uFFFD\n');
    expect(scriptJson('</script>\u2028')).toBe('"\\u003c/script\\u003e\\u2028"');
  });

  test('given a script that would end its element -> then no page', () => {
    const parts = { title: 'a', body: html``, style: '' };
    expect(() => pageFrame({ ...parts, script: '"</script>"' })).toThrow(TypeError);
    expect(() => pageFrame({ ...parts, script: '', style: '</style>' })).toThrow(TypeError);
  });
});
