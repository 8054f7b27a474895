/** docs/guarantees.md against the code: every promise has its judge, and every fault a test that is there and a figure. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowsOf, sectionOf } from './helpers/tables';

const ROOT = join(__dirname, '..');
const page = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

const missing = (paths: (string | undefined)[]) => paths.filter((path) => !existsSync(join(ROOT, path ?? '')));

test('given each promise -> then how it is kept, and a test that is there', () => {
  const rows = rowsOf(page.slice(0, page.indexOf('\n## ')));
  expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_, i) => i + 1));
  for (const [number, , , judge = ''] of rows) {
    const tests = [...judge.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path);
    expect(tests.length, `promise ${number}`).toBeGreaterThan(0);
    expect(missing(tests), `promise ${number}`).toEqual([]);
  }
});

describe('fault by fault', () => {
  const rows = rowsOf(sectionOf(page, 'Fault by fault'));

  test('given each fault -> then what happens, where it is tried, and a figure', () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(rows.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
    expect(rows.filter(([, , , figure = '']) => !/\d|any order|each/.test(figure))).toEqual([]);
  });

  test('given what it is tried in -> then the tests and the commands are there', () => {
    for (const [fault, , tried = ''] of rows) {
      const tests = [...tried.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path]) => path);
      const commands = [...tried.matchAll(/`npm run ([\w:]+)/g)].map(([, name]) => name ?? '');
      expect(tests.length + commands.length, fault).toBeGreaterThan(0);
      expect(missing(tests), fault).toEqual([]);
      expect(
        commands.filter((name) => !(name in scripts)),
        fault,
      ).toEqual([]);
    }
  });
});
