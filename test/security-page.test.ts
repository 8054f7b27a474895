/** docs/security.md against the code: what it says of files, settings, retention and tests is so. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkTask } from '../src/door';
import { embeddedFiles } from '../src/embedded';
import { keyFileOf } from '../src/security/encryption';
import { rowsOf, sectionOf } from './helpers/tables';

const ROOT = join(__dirname, '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const page = read('docs/security.md');

const section = (title: string) => sectionOf(page, title);

const plain = (text: string) => text.replace(/\s+/g, ' ');

describe('retention', () => {
  const REQUEST = { model: 'o3', input: 'Why?' };

  test.each(['README.md', 'docs/security.md'])(
    'given %s -> then it states the 10 minutes and `store: true`',
    (name) => {
      const text = plain(read(name));
      expect(text).toMatch(/about 10 minutes/);
      expect(text).toContain('`store: true` is always sent');
      expect(text).toContain('Zero Data Retention');
    },
  );

  test('given store: false -> then it is refused for the reason that the page states', () => {
    expect(checkTask({ request: { ...REQUEST, store: true } })).toEqual([]);
    expect(checkTask({ request: { ...REQUEST, store: false } })).toEqual([expect.stringContaining('about 10 minutes')]);
    expect(plain(section('What OpenAI keeps'))).toContain('`store: false` is refused');
  });
});

describe('the data map', () => {
  const map = section('Data map');

  test('given each file of the data folder -> then it is in the map', () => {
    const names = [...Object.values(embeddedFiles('/data')), keyFileOf('/data')].map((path) =>
      path.slice('/data/'.length),
    );
    expect(names.filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
  });

  test('given each row -> then it says what, in which form and until when', () => {
    const rows = rowsOf(map);
    expect(rows.length).toBeGreaterThanOrEqual(10);
    expect(rows.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
  });
});

describe('threats and tests', () => {
  const rows = rowsOf(section('Threats and tests'));

  test('given each threat -> then a behaviour, a test and a number', () => {
    expect(rows.length).toBeGreaterThanOrEqual(14);
    expect(rows.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
    expect(rows.filter(([, , proof = '']) => !/test\/|\.test\.ts/.test(proof))).toEqual([]);
    expect(rows.filter(([, , , figure = '']) => !/\d|refused|completed/.test(figure))).toEqual([]);
  });

  test('given each test that is linked -> then it is there', () => {
    const linked = rows.flatMap(([, , proof = '']) =>
      [...proof.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path]) => path),
    );
    expect(linked.length).toBeGreaterThanOrEqual(14);
    expect(linked.filter((path) => !existsSync(join(ROOT, path ?? '')))).toEqual([]);
  });
});

test('given the page as a whole -> then each question leads to its section, and each section answers one', () => {
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/\s/g, '-'));
  const asked = [...page.slice(0, page.indexOf('\n## ')).matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
  expect(asked.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([]);
  expect(headings.filter((heading) => !asked.includes(heading))).toEqual([]);
});

test('given the hosts that may be set -> then each is 127.0.0.1 unless it is', () => {
  const parts = readdirSync(join(ROOT, 'src/config')).map((name) => join('src/config', name));
  const config = ['src/config.ts', ...parts].map(read).join('\n');
  const hosts = [...config.matchAll(/^\s+(\w+_HOST): (.+),$/gm)];
  expect(hosts.map(([, name]) => name).sort()).toEqual([
    'DURABLE_RESPONSES_CODEC_HOST',
    'DURABLE_RESPONSES_WEBHOOK_HOST',
  ]);
  expect(hosts.filter(([, , schema]) => !schema?.includes(".default('127.0.0.1')"))).toEqual([]);
});
