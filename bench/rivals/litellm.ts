/** LiteLLM's proxy in its mode of polling via the cache, with a Redis; the client looks as all the others do. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, LOOPBACK } from '../../src/embedded/ports';
import { until } from '../../src/embedded/processes';
import { KilledProgram } from '../scale/processes';
import { answers, ask } from './http';
import { installed, sourceOf } from './install';
import { NO_ANSWER, type Place, type Session, type Side } from './side';

/** It is up in ten seconds, and needs two or three times as long beside others. */
const READY_MS = 120_000;

interface Body {
  id: string;
  status: string;
  output: { content?: { text?: string }[] }[];
}

const textOf = ({ output }: Body): string => output.flatMap(({ content }) => content?.map(({ text }) => text)).join('');

async function startRedis({ folder, onClose }: Place): Promise<Record<string, string>> {
  const port = String(await freePort());
  const args = ['redis-server', '--port', port, '--bind', LOOPBACK, '--dir', folder];
  const redis = new KilledProgram({ file: '/usr/bin/env', args, ready: /Ready to accept connections/ });
  onClose(() => redis.stop());
  await redis.start();
  return { REDIS_HOST: LOOPBACK, REDIS_PORT: port };
}

/** Starts the proxy, and again after a kill. */
async function startProxy(proxy: KilledProgram, at: string): Promise<void> {
  await proxy.start();
  if (!(await until(() => answers(`${at}/health/liveliness`), READY_MS))) throw new Error('The proxy does not answer.');
}

async function newProxy(place: Place) {
  const python = join(await installed('rivals/litellm', 'requirements.txt'), 'bin', 'python');
  const redis = await startRedis(place);
  const port = String(await freePort());
  const key = `sk-${randomBytes(24).toString('hex')}`;
  const config = sourceOf('rivals', 'litellm', 'config.yaml');
  const program = 'print("starting", flush=True); from litellm import run_server; run_server()';
  const args = ['-c', program, '--config', config, '--host', LOOPBACK, '--port', port, '--telemetry', 'False'];
  const own = { LITELLM_MASTER_KEY: key, OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: place.upstream.url };
  const env = { ...own, ...redis, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' };
  const proxy = new KilledProgram({ file: python, args, env, ready: /starting/ });
  place.onClose(() => proxy.stop());
  return { proxy, at: `http://${LOOPBACK}:${port}`, headers: { authorization: `Bearer ${key}` } };
}

async function open(place: Place): Promise<Session> {
  const { proxy, at, headers } = await newProxy(place);
  await startProxy(proxy, at);
  const ids = new Map<string, string>();
  let isOver = false;
  place.onClose(() => Promise.resolve((isOver = true)));
  const responses = `${at}/v1/responses`;
  const look = (id: string) => ask<Body>(`${responses}/${ids.get(id)}`, { headers });
  return {
    start: async (id, request) => {
      const { id: own } = await ask<Body>(responses, { headers, body: { ...request, background: true } });
      ids.set(id, own);
    },
    // A look that fails is no answer, and the client goes on.
    answer: async (id) => {
      for (let seconds = 1; !isOver; seconds = 2) {
        await sleep(seconds * 1000);
        const body = await look(id).catch(() => undefined);
        if (!body || ['queued', 'in_progress'].includes(body.status)) continue;
        return { status: body.status, text: textOf(body), named: 0, seenMs: Date.now() };
      }
      return NO_ANSWER;
    },
    cancel: async (id) => void (await ask(`${responses}/${ids.get(id)}/cancel`, { headers, body: {} })),
    status: async (id) => (await look(id)).status,
    kill: () => proxy.kill(),
    restart: () => startProxy(proxy, at),
  };
}

export const litellm: Side = { name: 'litellm', label: 'LiteLLM proxy 1.106.2 with Redis', open };
