/** The mutants of `npm run mutants` are of the code of today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutated } from '../bench/mutants/copy';
import { SUITES, type Mutant } from '../bench/mutants/mutant';
import { MUTANTS } from '../bench/mutants/table';

const project = join(__dirname, '..');
const textOf = (file: string): string => readFileSync(join(project, file), 'utf8');

test('given each mutant -> then its text is in its file once, and it changes something', () => {
  for (const mutant of MUTANTS) {
    const source = textOf(mutant.file);
    expect(mutated(source, mutant)).not.toBe(source);
  }
});

test('given all mutants -> then no two are the same, and each has a test that may kill it', () => {
  const keys = MUTANTS.map(({ file, find, put }) => JSON.stringify([file, find, put]));
  expect(new Set(keys).size).toBe(keys.length);
  expect(MUTANTS.filter(({ killers }) => killers.length === 0)).toEqual([]);
});

test('given a text that is not there, or twice -> then an error that names the file', () => {
  const mutant: Mutant = { file: 'src/a.ts', find: 'x', put: 'y', defect: 'none', killers: [] };
  expect(() => mutated('abc', mutant)).toThrow(/^src\/a\.ts: found 0 times/);
  expect(() => mutated('axbxc', mutant)).toThrow(/^src\/a\.ts: found 2 times/);
});

test.each(Object.entries(SUITES))('given the tests %s -> then they are there', (_name, suite) => {
  const names = 'names' in suite ? suite.names : undefined;
  expect(names === undefined || names.startsWith('^')).toBe(true);
  expect(textOf(suite.file)).toContain('test');
});
