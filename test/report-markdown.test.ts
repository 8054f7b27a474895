/** `report.md`: the model's text with links that lead to the files beside it, and what belongs to it. */
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { reportMarkdown, type ReportDocument } from '../src/report';
import { aReport, file, PNG } from './helpers/report-pages';

const said = (fields: Partial<ReportDocument>) => reportMarkdown(aReport(fields));
/** Only the model's text of it. */
const body = (markdown: string, artifacts = [file('a.png', PNG), file('b c.csv', PNG, 'files/b-c.csv')]) =>
  said({ markdown, artifacts })
    .replace(/^# Report\n\n/, '')
    .replace(/\n\n## Files[^]*$/, '');

describe('links to files', () => {
  test.each([
    ['![x](sandbox:/mnt/data/a.png)', '![x](files/a.png)'],
    ['[x](/mnt/data/a.png "Title") and [y](a.png)', '[x](files/a.png "Title") and [y](files/a.png)'],
    ['[x](<sandbox:/mnt/data/b c.csv>)', '[x](files/b-c.csv)'],
    ['[x](sandbox:/mnt/data/b%20c.csv)', '[x](files/b-c.csv)'],
    ['[x](sandbox:/mnt/data/b c.csv)', '[x](files/b-c.csv)'],
    ['[![x](a.png)](sandbox:/mnt/data/a.png)', '[![x](files/a.png)](files/a.png)'],
    ['<sandbox:/mnt/data/a.png>', '[sandbox:/mnt/data/a.png](files/a.png)'],
    ['[x][1]\n\n[1]: sandbox:/mnt/data/a.png "T"', '[x][1]\n\n[1]: files/a.png "T"'],
    ['> - [x](a.png)\n>   [y][1]\n>\n> [1]: a.png', '> - [x](files/a.png)\n>   [y][1]\n>\n> [1]: files/a.png'],
    ['| a |\n|---|\n| [x](a.png) |', '| a |\n|---|\n| [x](files/a.png) |'],
    ['- a ` b\n- [x](a.png) ` c', '- a ` b\n- [x](files/a.png) ` c'],
    ['\\`[x](a.png)\\`', '\\`[x](files/a.png)\\`'],
  ])('given %j -> then its path', (markdown, wanted) => {
    expect(body(markdown)).toBe(wanted);
  });

  test.each([
    '`[x](sandbox:/mnt/data/a.png)`',
    '``` [x](a.png) ` ```',
    '```\n[x](sandbox:/mnt/data/a.png)\n```',
    'Text:\n\n    [x](sandbox:/mnt/data/a.png)\n    [1]: a.png',
    '- item\n\n      [x](sandbox:/mnt/data/a.png)',
    '> ~~~\n> [x](sandbox:/mnt/data/b c.csv)\n> ~~~',
    '\\[x\\](sandbox:/mnt/data/a.png)',
    'The path sandbox:/mnt/data/a.png, and a.png.',
    '[x](sandbox:/mnt/data/missing.png)',
    '[x](https://a.test/a.png)',
    '[x](other c.csv)',
  ])('given %j -> then it stays', (markdown) => {
    expect(body(markdown)).toBe(markdown);
  });
});

describe('the whole', () => {
  test('given everything -> then the title, the text, and a section for each', () => {
    const text = said({
      title: 'Growth *of* <b>',
      markdown: '## Summary\r\n\r\nText.\r\n',
      sources: [{ name: 'in_[1].csv', sizeBytes: 1 }],
      artifacts: [file('../<img src=x>.png', PNG, 'files/x (1).png')],
      citations: [
        { title: 'A [page]', url: 'https://a.test/p_(x)?q=<1>\\' },
        { title: 'Bad', url: 'JavaScript:alert(1)' },
        { title: '', url: 'https://b.test/' },
      ],
      notes: ['1. It was\ncut off.', '- # no'],
    });
    expect(text).toBe(`# Growth \\*of\\* \\<b\\>

## Summary

Text.

## Sources

- in\\_\\[1\\].csv (1 byte)

## Files

- [../\\<img src=x\\>.png](<files/x%20(1).png>) (${(PNG.length / 1000).toPrecision(3)} KB)

## Citations

- [A \\[page\\]](<https://a.test/p_(x)?q=%3C1%3E%5C>)
- Bad: JavaScript:alert(1)
- [https://b.test/](https://b.test/)

## Notes

- 1\\. It was cut off.
- \\- \\# no
`);
  });

  test.each(['# My *report*', '## my  report', 'My report\n===', '\n\n# My report #'])(
    'given a text that begins with %j -> then the title is there once',
    (first) => {
      expect(said({ title: 'My report', markdown: `${first}\n\nText.` })).toBe('# My report\n\nText.\n');
    },
  );

  test('given another heading first, or no text -> then the title before it', () => {
    expect(said({ markdown: '# Other' })).toBe('# Report\n\n# Other\n');
    expect(said({ markdown: ' \n' })).toBe('# Report\n');
  });

  test.each([
    '```js\ncode',
    '~~~~\n```\ncode',
    '- ```\n  code',
    '<!-- cut',
    'Text\n\n<script>\nx',
    '<pre>x',
    '> ```\n> code',
  ])('given a text that is cut off at %j -> then what comes after is still seen', (markdown) => {
    const text = said({ markdown, notes: ['The answer was cut off.'] });
    const tokens = new MarkdownIt({ html: true }).parse(text, {});
    const headings = tokens.flatMap(({ type }, i) => (type === 'heading_open' ? (tokens[i + 1]?.content ?? '') : []));
    expect(headings).toEqual(['Report', 'Notes']);
    expect(text).toContain(markdown);
  });

  test('given hostile names -> then they are text, and the file is the same again', () => {
    const names = [
      '<script>alert(1)</script>',
      '](javascript:alert(1))',
      '![x](https://a.test/x.png)',
      '`</li>',
      '&lt;b&gt;',
    ];
    const fields = {
      sources: names.map((name) => ({ name, sizeBytes: 1 })),
      artifacts: names.map((name, i) => file(name, null, `files/${i}`)),
      citations: names.map((title) => ({ title, url: title })),
      notes: names,
    };
    const html = new MarkdownIt({ html: true }).render(said(fields));
    expect(html).not.toMatch(/<(script|img|code)|href="(?!files\/\d")/);
    expect(html.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)).toHaveLength(5);
    expect(said(fields)).toBe(said(structuredClone(fields)));
  });

  test('given 5,000 lines, or pathological ones -> then a file', () => {
    expect(body('[x](a.png) `b` **c**\n'.repeat(5000)).match(/files\/a\.png/g)).toHaveLength(5000);
    for (const text of ['[', '`', '](', '[](', '\\', '[a](sandbox:x y', '<!--', '> ', '](<', '[a]: ']) {
      expect(body(text.repeat(5000))).toContain(text.trim());
    }
  });
});
