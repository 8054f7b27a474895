/**
 * An S3-compatible server for tests: Moto, installed once with pip into the cache. A test that cannot have it fails and
 * says why; it is never skipped.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { run } from '../../src/embedded/processes';

const REQUIREMENTS = join(__dirname, 's3-requirements.txt');
/** 30 MB to download; the first run only. */
const INSTALL_MS = 170_000;
const PYTHONS = ['python3', 'python'];

/** Port 0 is any free one; the line that it prints names it. */
const PROGRAM = `
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port, flush=True)
server.serve_forever()
`;

/** With pip's own word for it where it failed. */
async function install(folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  const what = ['--target', partial, '--no-deps', '--only-binary', ':all:', '--no-compile', '-r', REQUIREMENTS];
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '1', '--timeout', '15'];
  const tried: string[] = [];
  for (const python of PYTHONS) {
    const { code, problem, stderr } = await run(python, ['-m', 'pip', 'install', ...what, ...quiet], INSTALL_MS);
    if (code === 0) {
      // Whole or not at all; who was quicker made the same.
      await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
      return;
    }
    tried.push(`${python} -m pip: ${problem ?? stderr.trim().split('\n').at(-1)}`);
  }
  throw new Error(`The tests of S3 need Python 3.10 or later with pip, and a package index. Tried ${tried.join('; ')}`);
}

async function installed(): Promise<string> {
  const mark = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(loadConfig().cacheDir, `test-s3-${mark}`);
  if (!existsSync(folder)) await install(folder);
  return folder;
}

export interface S3Server {
  url: string;
  /** For programs: what the AWS client reads. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** Starts it, with nothing in it. Stop it when done. */
export async function startS3Server(): Promise<S3Server> {
  const folder = await installed();
  const env = { PATH: process.env['PATH'], PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const python = spawn('python3', ['-c', PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-1000)));
  const ended = once(python, 'exit').then(() => {
    throw new Error(`The S3 server did not start (remove ${folder} to install it anew): ${said}`);
  });
  const [port] = (await Promise.race([once(createInterface(python.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    close: async () => {
      python.kill('SIGKILL');
      if (python.exitCode === null && python.signalCode === null) await once(python, 'exit');
    },
  };
}
