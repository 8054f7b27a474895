/** Files of results: there whole or not at all, whatever the disk, their source or Ctrl-C do. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UnreachableError, UnwrittenFileError } from '../src/errors';
import { writeWhole } from '../src/results/write';
import { eventually } from './helpers/embedded';
import { runNode } from './helpers/programs';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'durable-responses-write-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As a store gives them: not before the file has been tried to be opened. */
async function* later(...chunks: string[]): AsyncGenerator<string> {
  for (const chunk of chunks) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield chunk;
  }
}

test('given chunks -> then all of them in the file, and nothing beside it', async () => {
  const path = join(folder, 'out.jsonl');
  await writeFile(path, 'what was there');
  await writeWhole(path, later('a\n', '', 'ä'.repeat(200_000)));
  expect(await readFile(path, 'utf8')).toBe(`a\n${'ä'.repeat(200_000)}`);
  expect(await readdir(folder)).toEqual(['out.jsonl']);
});

test.each([
  ['a folder that is a file', () => join(folder, 'file', 'out.jsonl'), /ENOTDIR/],
  ['a folder that is not there', () => join(folder, 'nowhere', 'out.jsonl'), /ENOENT/],
  ['a name of 300 characters', () => join(folder, 'x'.repeat(300)), /ENAMETOOLONG/],
  ['a folder in its place', () => join(folder, 'taken'), /EISDIR|ENOTEMPTY|EEXIST/],
])('given %s -> then an error that names the file and the cause, and nothing is left', async (_, pathOf, cause) => {
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'taken', 'more'), { recursive: true });
  const error: unknown = await writeWhole(pathOf(), later('a', 'b')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnwrittenFileError);
  expect((error as Error).message).toContain(`${pathOf()}: cannot be written (`);
  expect((error as Error).message).toMatch(cause);
  expect(await readdir(folder)).toEqual(['file', 'taken']);
});

test('given chunks that fail -> then their own error, and what was there before', async () => {
  const path = join(folder, 'out.jsonl');
  await writeFile(path, 'what was there');
  const away = new UnreachableError('The store is away.', 'Wait.');
  const failing = async function* () {
    yield* later('a');
    throw away;
  };
  await expect(writeWhole(path, failing())).rejects.toBe(away);
  expect(await readdir(folder)).toEqual(['out.jsonl']);
  expect(await readFile(path, 'utf8')).toBe('what was there');
});

test('given Ctrl-C while the command line writes -> then exit 1, and nothing is left', async () => {
  const lib = (name: string) => JSON.stringify(join(__dirname, '..', 'lib', 'src', name));
  const script = `
    const { stoppable } = require(${lib('cli/stoppable')});
    const { writeWhole } = require(${lib('results/write')});
    setTimeout(() => undefined, 60_000);
    async function* endless() { yield 'a line\\n'; await new Promise(() => undefined); }
    void stoppable('out.jsonl', () => writeWhole('out.jsonl', endless()));`;
  const { child, ended } = runNode(['-e', script], { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } });
  const content = async () => {
    const [partial] = await readdir(folder);
    return partial ? readFile(join(folder, partial), 'utf8') : '';
  };
  await eventually('it has begun to write', async () => (await content()) === 'a line\n');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({
    code: 1,
    err: 'Stopped while out.jsonl was written; no half of a file is left.\n',
  });
  expect(await readdir(folder)).toEqual([]);
});
