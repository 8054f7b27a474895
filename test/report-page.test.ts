/** A report as a page, read by a parser of the standard: whatever a model writes stays text, or a link to the web. */
import { beforeAll, describe, expect, test } from 'vitest';
import { reportHtml } from '../src/report';
import {
  aReport,
  article,
  attr,
  bytes,
  expectHarmless,
  file,
  links,
  named,
  nodesOf,
  pageReader,
  PNG,
  textOf,
  type Node,
} from './helpers/report-pages';

let page: Awaited<ReturnType<typeof pageReader>>;
beforeAll(async () => {
  page = await pageReader();
});

const HOSTILE = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</title><svg onload=alert(1)>',
  '</style><base href=https://remote.test>',
  '<!--<script>',
  `"'><iframe srcdoc=x>`,
  '<a href=javascript:alert(1)>x</a>',
  '__proto__',
  '${alert(1)} {{7*7}} &lt;b&gt; \ud800 \0\u001b\u202e',
  '../../etc/passwd',
];

const BAD_LINKS = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'javascript&colon;alert(1)',
  '&#106;avascript:alert(1)',
  'java&#10;script:alert(1)',
  'java&Tab;script:alert(1)',
  '&#1;javascript:alert(1)',
  'javascript%3Aalert(1)',
  'javascript://remote.test/%0aalert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:image/svg+xml;base64,PHN2Zz4=',
  'data:image/png;base64,AAAA',
  'file:///etc/passwd',
  'blob:null/1',
  'ftp://remote.test/x',
  '//remote.test/x',
  '\\\\remote.test\\x',
  'sandbox:javascript:alert(1)',
  '/etc/passwd',
];

describe('hostile documents', () => {
  test('given scripts and ends of elements in every field -> then text, and a policy that allows no script', () => {
    for (const text of HOSTILE) {
      const nodes = page({
        title: text,
        markdown: `# ${text}\n\n${text}\n\n| ${text} |\n|---|\n| ${text} |\n\n\`\`\`${text}\n${text}\n\`\`\`\n`,
        artifacts: [file(text, PNG, 'files/1'), file(`${text}.csv`, bytes(`${text},n\n${text},1\nb,2`), 'files/2')],
        citations: [{ title: text, url: text }],
        sources: [{ name: text, sizeBytes: 1 }],
        facts: { ...aReport().facts, reportId: text, status: text, model: text, responseId: text, finishedAt: text },
        notes: [text],
      });
      expectHarmless(nodes, ['files/1', 'files/2']);
      const policy = attr(
        named(nodes, 'meta').find((meta) => attr(meta, 'http-equiv'))!,
        'content',
      );
      expect(policy).toMatch(/^default-src 'none';.* script-src 'none'; img-src data:; base-uri 'none'/);
    }
  });

  test('given the same -> then each text can be read, wherever it was', () => {
    for (const text of HOSTILE.slice(0, 9)) {
      const fields = { citations: [{ title: text, url: '' }], sources: [{ name: text, sizeBytes: 1 }], notes: [text] };
      const nodes = page({
        ...fields,
        title: text,
        markdown: `Said: ${text}`,
        artifacts: [file(text, null, 'files/1')],
      });
      const said = named(nodes, 'title', 'h1', 'li', 'a').map((node) => textOf(node));
      expect(said.filter((one) => one.includes(text)).length).toBeGreaterThanOrEqual(6);
      if (!text.startsWith('__')) expect(textOf(article(nodes)[0]!)).toContain(text.slice(0, 14));
    }
  });

  test('given links and pictures of other schemes, however they are written -> then text', () => {
    for (const link of BAD_LINKS) {
      const markdown = [
        `[words](${link}) [words](<${link}>) ![words](${link}) <${link}>`,
        `[![words](${link})](${link}) [a][r] ![a][r] [words](${link} "title")`,
        `[r]: ${link}`,
        `# [words](${link})`,
      ].join('\n\n');
      const nodes = page({ markdown, citations: [{ title: 'words', url: link }] });
      expectHarmless(nodes);
      const made = links(nodes).filter(([, href]) => !/^#(s-|citations)/.test(href));
      expect(made, link).toEqual([]);
      expect(textOf(article(nodes)[0]!).match(/words/g)?.length, link).toBeGreaterThanOrEqual(6);
    }
  });

  test('given an artifact that is called like a script -> then a link to its path', () => {
    const artifacts = [file('javascript:alert(1)', null, 'files/1'), file('"><b>.txt', null, 'files/2')];
    const nodes = page({
      markdown: '[a](<sandbox:/mnt/data/javascript:alert(1)>) [b](<sandbox:/mnt/data/"\\>\\<b\\>.txt>)',
      artifacts,
    });
    expectHarmless(nodes, ['files/1', 'files/2']);
    expect(links(article(nodes))).toEqual([
      ['a', 'files/1'],
      ['b', 'files/2'],
    ]);
  });
});

describe('links and pictures', () => {
  test('given links to the web and by mail -> then links that tell the other side nothing', () => {
    const markdown = '[a](https://a.test/?x=1&y="2") <a@b.test> http://c.test/d see report.md and www.e.test';
    const nodes = article(page({ markdown }));
    expect(links(nodes)).toEqual([
      ['a', 'https://a.test/?x=1&y=%222%22'],
      ['a@b.test', 'mailto:a@b.test'],
      ['http://c.test/d', 'http://c.test/d'],
    ]);
    expect(named(nodes, 'a').map((node) => attr(node, 'rel'))).toEqual(Array(3).fill('noopener noreferrer'));
  });

  test('given a picture of the web, in a link too -> then a link, and nothing in the page loads', () => {
    const markdown =
      '![far](https://a.test/x.png) ![](https://a.test/y.png) [![in](https://a.test/z.png)](https://b.test/)';
    const nodes = page({ markdown });
    expectHarmless(nodes);
    expect(links(article(nodes))).toEqual([
      ['far', 'https://a.test/x.png'],
      ['y.png', 'https://a.test/y.png'],
      ['in', 'https://b.test/'],
    ]);
  });

  test.each([
    'sandbox:/mnt/data/my%20chart.png',
    '/mnt/data/my%20chart.png',
    'my%20chart.png',
    '<sandbox:/mnt/data/my chart.png>',
    'sandbox:/mnt/data/my chart.png',
    'sandbox:/mnt/data/out/my%20chart.png',
    './my%20chart.png',
  ])('given a picture as %s -> then it is in the page', (reference) => {
    const artifacts = [file('my chart.png', PNG, 'files/my-chart.png')];
    const nodes = page({ markdown: `![The chart](${reference})\n\n[Download](${reference})`, artifacts });
    const [image, ...more] = named(nodes, 'img');
    expect(more).toEqual([]);
    expect(attr(image!, 'src')).toBe(`data:image/png;base64,${PNG.toString('base64')}`);
    expect(attr(image!, 'alt')).toBe('The chart');
    expect(links(article(nodes))).toEqual([['Download', 'files/my-chart.png']]);
  });

  test('given a picture shown 1,000 times -> then once, and links to it', () => {
    const nodes = page({ markdown: '![a](a.png)\n\n'.repeat(1000), artifacts: [file('a.png', PNG)] });
    expect(named(nodes, 'img')).toHaveLength(1);
    expect(links(article(nodes))).toEqual(Array(999).fill(['a', `#${attr(named(nodes, 'img')[0]!, 'id')}`]));
  });

  test('given files that are not there -> then the words, with a note', () => {
    const nodes = article(page({ markdown: '[The table](sandbox:/mnt/data/t.csv) ![](sandbox:/mnt/data/c.png)' }));
    expect(textOf(nodes[0]!).trim()).toBe('The table (file not available) c.png (file not available)');
    expect(links(nodes)).toEqual([]);
  });

  test('given code that shows such a link -> then it stays as it is', () => {
    const code = '[x](sandbox:/mnt/data/a b.png)';
    const nodes = page({
      markdown: `\`${code}\`\n\n    ${code}\n\n~~~\n${code}\n~~~`,
      artifacts: [file('a b.png', PNG)],
    });
    expect(named(article(nodes), 'code').map((node) => textOf(node).trim())).toEqual([code, code, code]);
  });
});

describe('structure', () => {
  const contents = (nodes: Node[]) => links(nodesOf(named(nodes, 'nav')[0]!));

  test('given headings, some equal, some odd -> then each has an id of its own, and is in the contents', () => {
    const markdown =
      '# __proto__\n\n# `constructor`\n\n# Risks\n\n## Risks\n\n# Risks-1\n\n# !?\n\n# Märkte & *Länder*\n\n[to](#märkte--länder) [no](#files)';
    const nodes = page({ markdown });
    const ids = nodes.flatMap((node) => attr(node, 'id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(contents(nodes)).toEqual([
      ['proto', '#s-proto'],
      ['constructor', '#s-constructor'],
      ['Risks', '#s-risks'],
      ['Risks', '#s-risks-1'],
      ['Risks-1', '#s-risks-1-1'],
      ['!?', '#s-section'],
      ['Märkte & Länder', '#s-märkte--länder'],
    ]);
    expect(links(article(nodes))).toEqual([['to', '#s-märkte--länder']]);
  });

  test('given any levels -> then one h1, and the text begins below it', () => {
    const levels = (markdown: string) =>
      named(article(page({ markdown })), 'h1', 'h2', 'h3', 'h4', 'h5', 'h6').map(({ nodeName }) => nodeName);
    expect(levels('# a\n\n## b\n\n###### c')).toEqual(['h2', 'h3', 'h6']);
    expect(levels('### a\n\n#### b')).toEqual(['h2', 'h3']);
    expect(levels('> # a\n\n## b')).toEqual(['h2', 'h3']);
  });

  test('given a text that begins with the title -> then the title is there once', () => {
    for (const first of ['# My *report*', '## my  report', 'My report\n=====', '\n\n# My report #']) {
      const nodes = page({ title: 'My report', markdown: `${first}\n\n## Summary\n\nText.` });
      expect(named(nodes, 'h1', 'h2', 'h3').map(textOf)).toEqual(['My report', 'Summary']);
    }
  });

  test('given facts, notes, sources and citations -> then each is said', () => {
    const nodes = page({
      facts: {
        reportId: 'report-1',
        status: 'incomplete',
        model: 'o3',
        responseId: 'resp_1',
        finishedAt: '2026-11-01T12:30:00Z',
        seconds: 125,
        totalTokens: 12_345,
      },
      notes: ['The answer was cut off.'],
      sources: [{ name: 'in.pdf', sizeBytes: 1_234_567 }],
      citations: [{ title: 'A page', url: 'https://a.test/p' }],
    });
    expect(named(nodes, 'dd').map((node) => textOf(node).trim())).toEqual([
      'incomplete',
      'o3',
      '2 min 5 s',
      '12,345',
      '2026-11-01 12:30 UTC',
    ]);
    const said = named(nodes, 'li').map(textOf);
    for (const text of ['The answer was cut off.', 'in.pdf 1.23 MB', 'A page a.test']) expect(said).toContain(text);
    const [note] = nodes.filter((node) => attr(node, 'role') === 'note');
    expect(nodes.indexOf(note!)).toBeLessThan(nodes.indexOf(named(nodes, 'article')[0]!));
  });

  test('given no text -> then it says so', () => {
    expect(textOf(article(page({ markdown: ' \n' }))[0]!).trim()).toBe('The answer has no text.');
  });

  test('given 5,000 lines, and the same again -> then the same page', () => {
    const line = (i: number) =>
      [`## Part ${i % 7}`, `- *item* ${i} [a](a.png)`, `| a | b |\n|---|---|\n| ${i} | x |`, ''][i % 4];
    const document = aReport({
      markdown: Array.from({ length: 5000 }, (_, i) => line(i)).join('\n'),
      artifacts: [file('a.png', PNG)],
    });
    const text = reportHtml(document);
    expect(text).toBe(reportHtml(structuredClone(document)));
    expect(named(page(document), 'h2').length).toBeGreaterThan(1000);
  });

  test('given pathological Markdown -> then a page', () => {
    for (const text of ['[', '![', '`', '> ', '- ', '<', '](', '*_', '[](', '|', '\\', '[a](sandbox:x y']) {
      expectHarmless(page({ markdown: text.repeat(5000), artifacts: [file('a.png', PNG)] }), ['files/a.png']);
    }
  });
});
