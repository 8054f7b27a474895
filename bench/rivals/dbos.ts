/** DBOS: a program with the usual workflow, and the Postgres of this machine. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, LOOPBACK } from '../../src/embedded/ports';
import { run } from '../../src/embedded/processes';
import { KilledProgram } from '../scale/processes';
import { ask } from './http';
import { installed, placed } from './install';
import { NO_ANSWER, type Answer, type Place, type Session, type Side } from './side';

/** initdb and the first start take four seconds. */
const READY_MS = 60_000;

/** Postgres refuses to run as root: then it is the user `postgres` that Debian's package makes. */
function asNobodySpecial(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const [uid = 0, gid = 0] = ['-u', '-g'].map((what) =>
    Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' })),
  );
  chownSync(folder, uid, gid);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

/** Gives the URL of a database that is not there yet. */
async function startPostgres({ folder: files, onClose }: Place): Promise<string> {
  const data = join(files, 'postgres');
  mkdirSync(data);
  const user = asNobodySpecial(data);
  // A folder of a temporary directory is its owner's alone, and this one is another user's.
  if (user.length > 0) await run('chmod', ['711', files], READY_MS);
  const made = await run('env', [...user, 'initdb', '-D', data, '-U', 'bench', '--auth=trust'], READY_MS);
  if (made.code !== 0)
    throw new Error(`initdb (of PostgreSQL): ${made.problem ?? made.stderr.trim().split('\n').at(-1)}`);
  const port = await freePort();
  const args = [...user, 'postgres', '-D', data, '-p', String(port), '-h', LOOPBACK, '-k', data];
  const server = new KilledProgram({ file: '/usr/bin/env', args, ready: /ready to accept connections/ });
  onClose(() => server.stop());
  await server.start();
  return `postgresql://bench@${LOOPBACK}:${port}/rival`;
}

async function open(place: Place): Promise<Session> {
  const folder = await installed('rivals/dbos', 'package.json');
  const url = await startPostgres(place);
  const port = await freePort();
  const at = `http://${LOOPBACK}:${port}`;
  const args = [placed('rivals/dbos', 'service.mjs', folder), String(port), url];
  const env = { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: place.upstream.url, NODE_ENV: 'production' };
  const service = new KilledProgram({ file: process.execPath, args, env, ready: /^ready$/m });
  place.onClose(() => service.stop());
  await service.start();
  const stateOf = (id: string) => ask<{ status: string; steps: number }>(`${at}/${id}/status`);
  return {
    start: async (id, request) => void (await ask(`${at}/${id}/run`, { body: request })),
    answer: (id) =>
      ask<Answer>(`${at}/${id}/result`).then(
        (seen) => ({ ...seen, named: 0 }),
        () => NO_ANSWER,
      ),
    cancel: async (id) => void (await ask(`${at}/${id}/cancel`, { body: {} })),
    status: async (id) => (await stateOf(id)).status.toLowerCase(),
    kill: () => service.kill(),
    restart: async () => void (await service.start()),
    eventsOf: async (id) => (await stateOf(id)).steps,
  };
}

export const dbos: Side = { name: 'dbos', label: 'DBOS 5.3.0 on Postgres', open };
