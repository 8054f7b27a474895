/** A copy of this project with dependencies of its own: native modules and types fit the Node and the client it is run with. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { childEnvironment } from '../../src/config';
import type { Node } from './node';

/** `openai` by its major version; 6 is that of package.json. */
const CLIENTS: Readonly<Record<string, string>> = { 6: '6.49.0', 7: '7.57.0' };

export interface Outcome {
  openai: string;
  files: number;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
}

/** What vitest writes with `--reporter=json`, as far as it is read. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { status: string }[];
}

function copyTo(folder: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const name of listed.split('\0')) if (name && existsSync(name)) cpSync(name, join(folder, name));
}

/** Runs a JavaScript program with that Node, in the copy. @throws Error when it fails, unless that is to be read elsewhere. */
async function runIn(folder: string, node: Node, args: string[], mayFail = false): Promise<void> {
  const path = childEnvironment()['PATH'] ?? '';
  const env = childEnvironment({ PATH: node.folder ? `${node.folder}${delimiter}${path}` : path });
  const child = spawn(node.program, args, { cwd: folder, env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 && !mayFail) throw new Error(`node ${args.join(' ')}: exit code ${code}`);
}

async function prepare(folder: string, node: Node, openai: string): Promise<void> {
  const npm = childEnvironment()['npm_execpath'];
  if (!npm) throw new Error('Run this by npm: `npm run test:matrix`.');
  const quiet = ['--prefer-offline', '--loglevel', 'error'];
  copyTo(folder);
  await runIn(folder, node, [npm, 'ci', ...quiet]);
  await runIn(folder, node, [npm, 'install', '--no-save', ...quiet, `openai@${openai}`]);
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/openai/package.json'), 'utf8')) as {
    version: string;
  };
  if (version !== openai) throw new Error(`openai ${version} is installed, not ${openai}`);
  await runIn(folder, node, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit']);
  await runIn(folder, node, [npm, 'run', '-s', 'build']);
}

/** Installs, checks the types, builds, and runs those test files, or all. */
export async function testWith(node: Node, client: string, tests: readonly string[]): Promise<Outcome> {
  const openai = CLIENTS[client];
  if (!openai) throw new Error(`openai ${client}: expected ${Object.keys(CLIENTS).join(' or ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-matrix-'));
  const began = Date.now();
  try {
    await prepare(folder, node, openai);
    const reporters = ['--reporter=default', '--reporter=json', '--outputFile=report.json'];
    const vitest = join('node_modules', 'vitest', 'vitest.mjs');
    await runIn(folder, node, [vitest, 'run', ...reporters, ...tests], true);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    // A file that cannot even be loaded has no tests that could fail.
    const broken = report.testResults.filter(({ status }) => status === 'failed').length;
    return {
      openai,
      files: report.testResults.length,
      passed: report.numPassedTests,
      failed: Math.max(report.numFailedTests, broken),
      skipped: report.numPendingTests,
      seconds: Math.round((Date.now() - began) / 1000),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
