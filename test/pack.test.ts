/** The package as others get it: packed, installed into an empty project, and used by the example as it stands. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator';
import { temporalCliPath } from './helpers/binaries';
import { eventually, reaching } from './helpers/embedded';
import { newPlace, runNode, type Place } from './helpers/programs';

const ROOT = join(__dirname, '..');
const run = promisify(execFile);

let place: Place;
let env: TestWorkflowEnvironment;
let emulator: Emulator;
let variables: Record<string, string>;

/** Packs the build and installs it, with the npm settings of this machine. */
async function install(project: string): Promise<void> {
  await run('npm', ['pack', '--pack-destination', project], { cwd: ROOT });
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? '';
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'somebody', private: true }));
  const quiet = ['--ignore-scripts', '--no-fund', '--no-audit', '--prefer-offline'];
  await run('npm', ['install', ...quiet, `./${tarball}`], { cwd: project });
}

/** Node cannot run TypeScript: compiled as any project would do it, against the types of the installed package. */
async function compileExample(project: string): Promise<void> {
  const files = ['own-worker.ts', 'own-workflows.ts'];
  for (const name of files) await copyFile(join(ROOT, 'examples', name), join(project, name));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--strict', '--module', 'node16', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
  await run(process.execPath, [tsc, ...options, ...files], { cwd: project }).catch((error: { stdout: string }) => {
    throw new Error(`the example does not compile: ${error.stdout}`);
  });
}

beforeAll(async () => {
  place = await newPlace();
  await install(place.path);
  const executable = { type: 'existing-path' as const, path: await temporalCliPath() };
  env = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  emulator = await startEmulator();
  const upstream = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: emulator.url };
  variables = { ...place.env, ...upstream, ...reaching(env) };
}, 180_000);

afterAll(async () => {
  await emulator.close();
  await env.teardown();
  await place.remove();
});

/** All places below `folder` where a package is installed. */
async function installed(folder: string, name: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((entry) => entry.endsWith(join('node_modules', name, 'package.json')));
}

describe('the packed package', () => {
  it('installed -> one of each Temporal package, and all of them with the same protobufjs', async () => {
    const names = ['proto', 'common', 'client', 'worker', 'workflow', 'activity'].map((name) => `@temporalio/${name}`);
    for (const name of names) expect(await installed(place.path, name), name).toHaveLength(1);
    const users = ['durable-responses', '@temporalio/proto', '@temporalio/common', '@temporalio/worker'];
    const used = users.map((name) =>
      createRequire(join(place.path, 'node_modules', name, 'package.json')).resolve('protobufjs'),
    );
    expect(new Set(used).size).toBe(1);
    // Only gRPC's loader of .proto files, which nothing here uses, may bring another one.
    const others = (await installed(place.path, 'protobufjs')).filter((path) => !path.includes('proto-loader'));
    expect(others).toHaveLength(1);
  });

  it('its files -> the build, the sources and the licence, nothing of the tests', async () => {
    const files = await readdir(join(place.path, 'node_modules', 'durable-responses'), { recursive: true });
    expect(files).toContain('LICENSE');
    expect(files).toContain(join('lib', 'workflow-bundle.js'));
    expect(
      files.filter((file) => /^(test|bench|lib\/test|lib\/bench|chaos|lib\/chaos)\b|tsbuildinfo|\.env/.test(file)),
    ).toEqual([]);
  });

  it('every name in `exports` -> can be required', async () => {
    const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { exports: object };
    const names = Object.keys(exports).map((name) => name.replace(/^\./, 'durable-responses'));
    const script = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(require(name)).length > 0)`;
    const { out, err } = await runNode(['-e', script], { cwd: place.path, env: place.env }).ended;
    expect({ out, err }).toEqual({ out: names.map((name) => `${name} true\n`).join(''), err: '' });
  });

  it('its command line -> runs from the project', async () => {
    const bin = join(place.path, 'node_modules', '.bin', 'durable-responses');
    const { out } = await runNode([bin, 'doctor'], { cwd: place.path, env: variables }).ended;
    expect(out).toMatch(/ok {3}temporal: server \d/);
    expect(out).toMatch(/ok {3}upstream: .*reachable, key accepted/);
  });
});

describe('examples/own-worker.ts in a project of its own', () => {
  beforeAll(() => compileExample(place.path), 60_000);

  it('has at most 25 lines', async () => {
    const text = await readFile(join(ROOT, 'examples', 'own-worker.ts'), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  it("run -> prints the answer, and what its own workflow made of it; each create is the task's only one", async () => {
    const { code, out, err } = await runNode(['own-worker.js'], { cwd: place.path, env: variables }).ended;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^started: task-o3-\S+\ncompleted: \S[^]*\ntitle: \S/);
    expect(out, 'nothing to clean up').not.toContain('cleanup:');
    expect(emulator.ledger().creates.map(({ request }) => request.model)).toEqual(['o3', 'o3-mini']);
  });

  it('its task is cancelled -> its own cleanup is called, and the response is cancelled upstream', async () => {
    let out = '';
    const running = runNode(['own-worker.js', 'emulator-slow'], { cwd: place.path, env: variables });
    running.child.stdout?.on('data', (text: string) => (out += text));
    const slow = () => emulator.ledger().creates.find(({ request }) => request.model === 'emulator-slow');
    await eventually('its response is created', () => slow() !== undefined);
    const id = /^started: (\S+)$/m.exec(out)?.[1] ?? '';
    expect((await place.cli(['task', 'cancel', id], variables)).code).toBe(0);
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.out).toContain(`cleanup: ${id} cancelled\n`);
    expect(ended.out).toContain('cancelled: null\n');
    expect(await emulator.statuses()).toMatchObject({ [slow()?.id ?? '']: 'cancelled' });
  });
});
