/** Restate: its server from npm, and a service with the usual workflow. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, LOOPBACK } from '../../src/embedded/ports';
import { until } from '../../src/embedded/processes';
import { KilledProgram } from '../scale/processes';
import { answers, ask } from './http';
import { installed, placed } from './install';
import { NO_ANSWER, type Place, type Session, type Side } from './side';

/** It is up in two seconds. */
const READY_MS = 60_000;

interface Seen {
  status: string;
  text: string;
}

async function startServer(folder: string, { folder: files, onClose }: Place) {
  const [ingress, admin, node] = await Promise.all([freePort(), freePort(), freePort()]);
  const at = (port: number) => `${LOOPBACK}:${port}`;
  const env = {
    RESTATE_BASE_DIR: join(files, 'restate'),
    TMPDIR: files,
    RESTATE_INGRESS__BIND_ADDRESS: at(ingress),
    RESTATE_ADMIN__BIND_ADDRESS: at(admin),
    RESTATE_BIND_ADDRESS: at(node),
    RESTATE_ADVERTISED_ADDRESS: `http://${at(node)}/`,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: '1',
  };
  mkdirSync(env.RESTATE_BASE_DIR);
  const file = join(
    folder,
    'node_modules',
    '@restatedev',
    `restate-server-${process.platform}-${process.arch}`,
    'bin',
    'restate-server',
  );
  const server = new KilledProgram({ file, args: ['--no-logo'], env, ready: /./ });
  onClose(() => server.stop());
  await server.start();
  const urls = { ingress: `http://${at(ingress)}`, admin: `http://${at(admin)}` };
  const isUp = async () => (await answers(`${urls.ingress}/restate/health`)) && answers(`${urls.admin}/health`);
  if (!(await until(isUp, READY_MS))) throw new Error('restate-server does not answer.');
  return urls;
}

async function startService(folder: string, { upstream, onClose }: Place, admin: string): Promise<KilledProgram> {
  const port = await freePort();
  const args = [placed('rivals/restate', 'service.mjs', folder), String(port)];
  const env = { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: upstream.url, NODE_ENV: 'production' };
  const service = new KilledProgram({ file: process.execPath, args, env, ready: /^ready$/m });
  onClose(() => service.stop());
  await service.start();
  await ask(`${admin}/deployments`, { body: { uri: `http://${LOOPBACK}:${port}` } });
  return service;
}

async function open(place: Place): Promise<Session> {
  const folder = await installed('rivals/restate', 'package.json');
  const { ingress, admin } = await startServer(folder, place);
  const service = await startService(folder, place, admin);
  const invocations = new Map<string, string>();
  const rowOf = async (sql: string) =>
    (await ask<{ rows: Record<string, string | number | null>[] }>(`${admin}/query`, { body: { query: sql } })).rows[0];
  return {
    start: async (id, request) => {
      const url = `${ingress}/task/${id}/run/send`;
      invocations.set(id, (await ask<{ invocationId: string }>(url, { body: request })).invocationId);
    },
    answer: (id) =>
      ask<Seen>(`${ingress}/restate/workflow/task/${id}/attach`).then(
        (seen) => ({ ...seen, named: 0 }),
        () => NO_ANSWER,
      ),
    cancel: async (id) => void (await ask(`${admin}/invocations/${invocations.get(id)}/cancel`, { method: 'PATCH' })),
    status: async (id) => {
      const row = await rowOf(
        `select status, completion_result from sys_invocation where id = '${invocations.get(id)}'`,
      );
      return String(row?.completion_result ?? row?.status ?? 'unknown');
    },
    kill: () => service.kill(),
    restart: async () => void (await service.start()),
    eventsOf: async (id) =>
      Number((await rowOf(`select count(*) as n from sys_journal where id = '${invocations.get(id)}'`))?.n ?? NaN),
  };
}

export const restate: Side = { name: 'restate', label: 'Restate 1.7.12, SDK 1.17.2', open };
