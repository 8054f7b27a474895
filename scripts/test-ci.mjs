/**
 * `npm test` for a CI, whose machine may stand still for seconds: one or two test files that failed are run once more, by
 * themselves. They are named in any case, and what fails again has failed.
 */
import { spawn } from 'node:child_process';
import console from 'node:console';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** More than these are no accident. */
const MOST_AGAIN = 2;

function npmTest(args) {
  const options = { stdio: 'inherit', shell: process.platform === 'win32' };
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['test', '--', ...args], options);
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Of the project's root; none where something else than a test failed. */
function failedFiles(reportPath) {
  const { testResults } = JSON.parse(readFileSync(reportPath, 'utf8'));
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative(process.cwd(), name));
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'test-report-'));
  const report = join(folder, 'report.json');
  try {
    const code = await npmTest(['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
    if (code === 0) return 0;
    const failed = failedFiles(report);
    console.error(`\nFAILED: ${failed.join(', ') || 'something outside of the tests'}`);
    if (failed.length === 0 || failed.length > MOST_AGAIN) return code;
    console.error('Once more, by themselves:\n');
    const again = await npmTest([...failed, '--no-file-parallelism']);
    console.error(`\nNOT STEADY: ${failed.join(', ')} ${again === 0 ? 'passed the second time' : 'failed twice'}`);
    return again;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
