/** The files of a report on its page: pictures by their content, tables, charts, links. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  article,
  attr,
  bytes,
  expectHarmless,
  file,
  links,
  named,
  pageReader,
  PNG,
  textOf,
} from './helpers/report-pages';

let page: Awaited<ReturnType<typeof pageReader>>;
beforeAll(async () => {
  page = await pageReader();
});

describe('files', () => {
  const GIF = Buffer.from('GIF89a\x01\0\x01\0', 'latin1');
  const WEBP = Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1');

  test('given pictures by their first bytes, whatever their names -> then those are shown, others are links', () => {
    const artifacts = [
      file('a.png', PNG),
      file('b.txt', GIF),
      file('c', WEBP),
      file('d.bin', Buffer.from([0xff, 0xd8, 0xff, 0xe0])),
      file('lying.png', bytes('<html><script>alert(1)</script>')),
      file('e.svg', bytes('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')),
      file('f.html', bytes('<script>alert(1)</script>')),
      file('g.webp', bytes('RIFF')),
      file('large.png', null),
    ];
    const nodes = page({ markdown: '![lie](sandbox:/mnt/data/lying.png)', artifacts });
    const types = named(nodes, 'img').map((node) => /^data:([^;]+);/.exec(attr(node, 'src') ?? '')?.[1]);
    expect(types).toEqual(['image/png', 'image/gif', 'image/webp', 'image/jpeg']);
    expect(links(article(nodes))).toEqual([['lie', 'files/lying.png']]);
    const listed = named(nodes, 'li').map(textOf);
    expect(listed).toContain('large.png 60 MB');
    for (const name of ['lying.png', 'e.svg', 'f.html', 'g.webp']) {
      expect(listed.some((text) => text.startsWith(`${name} `))).toBe(true);
    }
    expect(named(nodes, 'svg', 'script')).toEqual([]);
  });

  test('given a picture that the text shows -> then it is not there twice, but its link is', () => {
    const nodes = page({ markdown: '![a](a.png)', artifacts: [file('a.png', PNG)] });
    expect(named(nodes, 'img')).toHaveLength(1);
    expect(named(nodes, 'li').map(textOf)).toContain(`a.png ${(PNG.length / 1000).toPrecision(3)} KB, shown above`);
  });

  test('given a CSV with formulas, ragged rows and markup -> then a table of text', () => {
    const csv = '\ufeffname,"a ""b""",x\r\n=1+1,@SUM(A1),"two\nlines"\r\n<b>,1\r\n\r\nlast,2,3,4\r\n';
    const nodes = page({ artifacts: [file('t.CSV', bytes(csv))] });
    expectHarmless(nodes, ['files/t.CSV']);
    expect(named(nodes, 'th').map(textOf)).toEqual(['name', 'a "b"', 'x', '']);
    expect(named(nodes, 'td').map(textOf)).toEqual([
      ...['=1+1', '@SUM(A1)', 'two\nlines', ''],
      ...['<b>', '1', '', ''],
      ...['last', '2', '3', '4'],
    ]);
  });

  test('given names and numbers -> then a bar for each, by column; years are names', () => {
    const csv = 'year,revenue,margin %,change\n2025,"1,200",10%,-5\n2026,"2,400",20%,7\n';
    const nodes = page({ artifacts: [file('t.csv', bytes(csv))] });
    expect(named(nodes, 'figcaption').map(textOf)).toEqual(['revenue by year', 'margin % by year']);
    const widths = nodes.flatMap((node) => (/^bar c/.test(attr(node, 'class') ?? '') ? attr(node, 'style') : []));
    expect(widths).toEqual(['width:50.00%', 'width:100.00%', 'width:50.00%', 'width:100.00%']);
  });

  test.each([
    ['no names', 'a,b\n1,2\n3,4\n'],
    ['no numbers', 'a,b\nx,y\nz,w\n'],
    ['names that come again', 'a,b\nx,1\nx,2\n'],
    ['one row', 'a,b\nx,1\n'],
    ['only zeros', 'a,b\nx,0\ny,0\n'],
  ])('given a CSV with %s -> then no chart', (_, csv) => {
    const nodes = page({ artifacts: [file('t.csv', bytes(csv))] });
    expect(named(nodes, 'table')).toHaveLength(1);
    expect(named(nodes, 'figure')).toEqual([]);
  });

  test('given a CSV of 1,000 rows and 100 columns -> then a part of it, and it says so', () => {
    const row = (i: number) => Array.from({ length: 100 }, (_, j) => `${i}.${j}`).join(',');
    const csv = Array.from({ length: 1001 }, (_, i) => row(i)).join('\n');
    const nodes = page({ artifacts: [file('t.csv', bytes(csv))] });
    expect(named(nodes, 'td')).toHaveLength(50 * 20);
    expect(textOf(nodes[0]!)).toContain('Shown: the first 50 of 1,000 rows, the first 20 of 100 columns.');
  });

  test.each([
    ['nothing', ''],
    ['an open quote', 'a,b\n"x,1\n'],
    ['no text', 'a\0b,c\n1,2\n'],
  ])('given a CSV with %s -> then a link', (_, csv) => {
    const nodes = page({ artifacts: [file('t.csv', bytes(csv))] });
    expect(named(nodes, 'table')).toEqual([]);
    expect(links(nodes).filter(([text]) => text === 't.csv')).toEqual([['t.csv', 'files/t.csv']]);
  });
});
