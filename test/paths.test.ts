/** Names and ids of others on their way to a disk or into an address: none leads out of where it belongs. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReportResult } from '../src/contracts';
import { saveReport } from '../src/client/report-save';
import { checkTask } from '../src/door';
import { RESPONSE_ID_PATTERN } from '../src/names';
import { batchFolder, batchKeys, folderStore, reportFolder, reportKeys } from '../src/store';
import { createUpstream } from '../src/upstream';
import { eventOf } from '../src/webhook/event';

const NAMES = [
  '../../escape.csv',
  '..\\..\\escape.csv',
  '/etc/escape.csv',
  'C:\\escape.csv',
  '\\\\host\\share\\escape.csv',
  'a/../../../escape.csv',
  '%2e%2e%2fescape.csv',
  '..%c0%af..%c0%afescape.csv',
  '....//....//escape.csv',
  'escape.csv\0.png',
  '\0',
  '',
  '.',
  '..',
  '...',
  '~/.ssh/authorized_keys',
  '.htaccess',
  '-rf',
  'a\nb',
  'con.csv',
  'report.html',
  '../report.md',
  'files',
  '\u202egnp.exe',
  '\uff0e\uff0e\uff0fescape.csv',
  'x'.repeat(5_000),
  'escape.csv ',
  'escape.csv',
  'ESCAPE.csv',
];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'durable-responses-paths-'));
  for (const name of ['out', 'elsewhere', 'store']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'elsewhere', 'victim.txt'), 'untouched');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Every file below the folder of the test, by its path in it. */
const written = () =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('store/'))
    .sort();
const outside = () => written().filter((path) => !path.startsWith('out/') && path !== 'elsewhere/victim.txt');
const victim = () => readFileSync(join(root, 'elsewhere', 'victim.txt'), 'utf8');

describe('files that a run made', () => {
  const store = () => folderStore(join(root, 'store'));
  async function save(names: string[]): Promise<string[]> {
    const folder = reportFolder('default', 'r', 'x');
    const artifacts = names.map((name, i) => ({ name, sizeBytes: 4, sha256: '', key: reportKeys.artifact(folder, i) }));
    for (const { key } of artifacts) await store().put(key, 'made');
    await store().put(
      reportKeys.answer(folder),
      JSON.stringify({ outputText: 'Text.', requestId: null, response: { output: [] } }),
    );
    const result = { reportId: 'r', status: 'completed', title: 'T', mark: 'm', answerKey: reportKeys.answer(folder) };
    const rest = { sources: [], artifacts, missing: [], notCleaned: [], usage: null, startedAt: '', endedAt: '' };
    return saveReport(store(), { ...result, ...rest } as unknown as ReportResult, join(root, 'out'));
  }

  test('given names that would leave the folder -> then each is in it, under a name of its own', async () => {
    const paths = await save(NAMES);
    expect(outside()).toEqual([]);
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(NAMES.length + 2);
    expect(readdirSync(join(root, 'out')).sort()).toEqual(['files', 'report.html', 'report.md']);
    const names = readdirSync(join(root, 'out', 'files'));
    expect(names).toHaveLength(NAMES.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}$/);
  });

  test('given links under the names that are written -> then they are replaced, and what they lead to is not', async () => {
    mkdirSync(join(root, 'out', 'files'));
    const target = join(root, 'elsewhere', 'victim.txt');
    for (const name of ['report.md', 'report.html', join('files', 'chart.png')])
      symlinkSync(target, join(root, 'out', name));
    await save(['chart.png']);
    expect([victim(), outside()]).toEqual(['untouched', []]);
    expect(written()).toContain('out/files/chart.png');
  });

  test('given a link in place of their folder -> then refused, and nothing is written', async () => {
    symlinkSync(join(root, 'elsewhere'), join(root, 'out', 'files'));
    await expect(save(['chart.png'])).rejects.toThrow(/files: is a link; remove it/);
    expect(written()).toEqual(['elsewhere/victim.txt']);
  });
});

describe('the store', () => {
  const IDS = ['../../x', '..', 'a/../../x', 'a/b', 'a:b', './x', 'x/..', 'x'.repeat(200)];

  test('given ids with points and slashes -> then a folder for each, one below the other kinds', async () => {
    const store = folderStore(join(root, 'store'));
    const folders = IDS.flatMap((id) => [batchFolder('default', id, 'r'), reportFolder('default', id, 'r')]);
    for (const folder of folders) await store.put(batchKeys.manifest(folder), '{}');
    expect(new Set(folders).size).toBe(2 * IDS.length);
    for (const kind of ['batches', 'reports'])
      expect(readdirSync(join(root, 'store', kind, 'default'))).toHaveLength(IDS.length);
    expect(readdirSync(join(root, 'store')).sort()).toEqual(['batches', 'reports']);
    expect(outside()).toEqual([]);
  });

  test.each(['../x', 'a/../../x', '/etc/x', 'a//b', './x', 'a/.', '..', '', 'a\\..\\x', 'a\0b', 'a b', 'a\n', 'C:/x'])(
    'given the key %j -> then it is none, to write, read, list and delete',
    async (key) => {
      const store = folderStore(join(root, 'store'));
      for (const use of [
        () => store.put(key, 'x'),
        () => store.get(key),
        () => store.list(key),
        () => store.removeAll(key),
      ])
        await expect((async () => use())()).rejects.toThrow('Not a key of the store.');
      expect([written(), victim()]).toEqual([['elsewhere/victim.txt'], 'untouched']);
    },
  );

  test('given a link under a key -> then it is replaced', async () => {
    symlinkSync(join(root, 'elsewhere', 'victim.txt'), join(root, 'store', 'blob'));
    await folderStore(join(root, 'store')).put('blob', 'new');
    expect([victim(), readFileSync(join(root, 'store', 'blob'), 'utf8')]).toEqual(['untouched', 'new']);
  });
});

describe('ids of responses', () => {
  const BAD = [
    'resp_x/../../admin',
    '../admin',
    '..',
    '.',
    '',
    'resp_x%2f..%2fadmin',
    '%2e%2e',
    '%2e%2e%2fadmin',
    'resp_x?stream=true',
    'resp_x#x',
    'resp_x/cancel',
    'resp x',
    'resp_x\n',
    'resp_x\r\nx: y',
    'resp_\u00e9',
    '/admin',
    '//evil.test/x',
    'http://evil.test/',
    'resp_x\\..\\admin',
    'resp_x\0',
    'r'.repeat(129),
  ];

  test.each(BAD)('given %j -> then it is an id nowhere: not in a task, not in a webhook', (id) => {
    expect(RESPONSE_ID_PATTERN.test(id)).toBe(false);
    expect(checkTask({ attach: { responseId: id } })).toHaveLength(1);
    expect(eventOf({ type: 'response.completed', data: { id } })).toBeNull();
  });

  test('given them all the same -> then no call leaves its one place below /v1/responses/', async () => {
    const paths: string[] = [];
    const server = createServer((request, reply) => {
      paths.push(request.url ?? '');
      reply.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"none"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const upstream = createUpstream({ apiKey: 'sk-test', baseURL });
    for (const id of BAD) {
      await expect(upstream.retrieve(id, [])).rejects.toThrow();
      await expect(upstream.cancel(id)).rejects.toThrow();
    }
    await new Promise((resolve) => server.close(resolve));
    expect(paths.filter((path) => !/^\/v1\/responses\/[^/?#]*(\/cancel)?$/.test(path))).toEqual([]);
    expect(paths.filter((path) => /\/(\.|%2e){1,2}(\/|$)/i.test(path))).toEqual([]);
  });
});
