/** `scripts/check-supply.mjs` on copies of this project that were spoilt: what it guards is noticed, one at a time. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(__dirname, '..');
const FILES = ['package.json', 'package-lock.json', '.npmrc', '.github'];
const CI = '.github/workflows/ci.yml';

let folder: string;
let problems: () => string[];
beforeAll(async () => {
  // It is an ES module, which these are not.
  const script = (await import(join(ROOT, 'scripts', 'check-supply.mjs'))) as {
    supplyProblems: (root: string) => string[];
  };
  problems = () => script.supplyProblems(folder);
  folder = mkdtempSync(join(tmpdir(), 'durable-responses-supply-'));
  for (const file of FILES) cpSync(join(ROOT, file), join(folder, file), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what this project takes from others', () => {
  test('given this project -> then nothing is wrong', () => {
    expect(problems()).toEqual([]);
  });

  test.each<[string, string, RegExp | string, string, string]>([
    ['an action by its tag', CI, /@[0-9a-f]{40} # v7.0.1/, '@v7', 'pin it by its full SHA'],
    ['an action by a short SHA', CI, /@([0-9a-f]{12})[0-9a-f]{28}/, '@$1', 'pin it by its full SHA'],
    ['an action without its version', CI, ' # v7.0.1', '', 'say its version'],
    ['a checkout that leaves its token', CI, 'persist-credentials: false', 'fetch-depth: 1', 'persist-credentials'],
    ['no permissions', CI, 'permissions:\n  contents: read\n', '', 'contents: read'],
    ['permission to write', CI, 'contents: read', 'contents: write', 'contents: write is too much'],
    ['one more permission', CI, 'contents: read', 'contents: read\n  packages: write', 'packages: write is too much'],
    ['runs of foreign branches', CI, 'pull_request:', 'pull_request_target:', 'foreign branch'],
    ['a title within a command', CI, 'npm test', 'echo ${{ github.event.pull_request.title }}', 'hand it'],
    ['another installation', CI, 'npm ci', 'npm install', 'npm ci'],
    ['updates on their first day', '.github/dependabot.yml', 'default-days: 14', 'default-days: 0', 'set cooldown'],
    ['no updates of actions', '.github/dependabot.yml', 'github-actions', 'docker', 'github-actions is missing'],
    ['a package without its hash', 'package-lock.json', /"integrity": "sha512-[^"]+"/, '"x": ""', 'SHA-512'],
    ['a weaker hash', 'package-lock.json', /"integrity": "sha512-[^"]+"/, '"integrity": "sha1-aaaa"', 'SHA-512'],
    ['an address', 'package-lock.json', '"integrity"', '"resolved": "https://a.test/x.tgz", "integrity"', 'where it'],
    [
      'another licence',
      'package-lock.json',
      '"license": "MIT"',
      '"license": "GPL-3.0-only"',
      'GPL-3.0-only is not let',
    ],
    ['no licence', 'package-lock.json', '"license": "MIT"', '"x": ""', 'licence none is not let in'],
    ['a range', 'package.json', '"openai": "6', '"openai": "^6', 'write one version'],
    ['a script at installation', 'package.json', '"build":', '"postinstall": "x", "build":', 'at installation'],
    ['scripts of others', '.npmrc', 'ignore-scripts=true', 'ignore-scripts=false', 'ignore-scripts=true is missing'],
    ['a registry', '.npmrc', 'fund=false', 'registry=https://a.test/', 'names a registry'],
    ['a token', '.npmrc', 'fund=false', '//a.test/:_authToken=x', 'names a registry or a token'],
  ])('given %s -> then it is named', (_, file, from, to, expected) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    // Behind the package itself, whose own licence is in the lock file too.
    const at = file === 'package-lock.json' ? before.indexOf('"node_modules/') : 0;
    const after = before.slice(0, at) + before.slice(at).replace(from, to);
    expect(after, 'it was spoilt').not.toBe(before);
    try {
      writeFileSync(path, after);
      expect(problems().join('\n')).toContain(expected);
    } finally {
      writeFileSync(path, before);
    }
  });
});
