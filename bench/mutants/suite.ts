/** Runs the tests that may kill a mutant. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SUITES, type Suite, type SuiteArgs } from './mutant';

/** A defect that stops a task makes a test wait: longer than any of these takes, also where the machine is busy. */
const LIMITS_MS = { test: 40_000, hook: 90_000, suite: 180_000 };

interface Report {
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** The first test that failed; null when all passed. */
function failedIn(path: string, exitCode: number | null): string | null {
  if (exitCode === 0) return null;
  if (!existsSync(path)) return exitCode === null ? 'no end within three minutes' : 'the file does not run';
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  return failed?.fullName ?? 'what its tests share';
}

function argumentsOf({ file, names }: SuiteArgs, report: string): string[] {
  const limits = ['--testTimeout', String(LIMITS_MS.test), '--hookTimeout', String(LIMITS_MS.hook)];
  const words = ['run', file, ...(names === undefined ? [] : ['-t', names]), ...limits];
  return [...words, '--bail', '1', '--maxWorkers', '1', '--reporter', 'json', '--outputFile', report];
}

/** Runs one suite in a folder. Gives the name of the test that failed, or null. */
export function failureOf(folder: string, suite: Suite): Promise<string | null> {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const program = join(folder, 'node_modules/vitest/vitest.mjs');
  // A group of its own: a server that a stopped test has left goes with it.
  const child = spawn(process.execPath, [program, ...argumentsOf(SUITES[suite], report)], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
  });
  const stop = () => {
    try {
      process.kill(-(child.pid ?? NaN), 'SIGKILL');
    } catch {
      // It has gone by itself.
    }
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(stop, LIMITS_MS.suite);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      stop();
      resolve(failedIn(report, code));
    });
  });
}
