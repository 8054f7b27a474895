/** Sides on a Temporal dev server with its default settings: ours, the two to compare with, and pydantic-ai. */
import { Client, Connection } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startTaskWorkflow } from '../../src/client/start';
import { loadConfig } from '../../src/config';
import type { TaskOptions, TaskResult } from '../../src/contracts';
import { holdEmbedded } from '../../src/embedded';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import type { BenchResult } from '../activities';
import { serverPidIn } from '../scale/place';
import { KilledProgram } from '../scale/processes';
import { ask } from './http';
import { installed, sourceOf } from './install';
import { NO_ANSWER, type Answer, type Place, type RunRequest, type Session, type Side } from './side';

interface Program {
  worker: (address: string, place: Place) => KilledProgram | Promise<KilledProgram>;
  start: (client: Client, id: string, request: RunRequest) => Promise<unknown>;
  answerOf: (result: never) => Answer;
  cancel?: (client: Client, id: string) => Promise<unknown>;
}

const SERVER = { temporal: true, emulator: false };

async function open(program: Program, place: Place): Promise<Session> {
  const dataDir = join(place.folder, 'temporal');
  const hold = await holdEmbedded({ ...loadConfig(), dataDir }, SERVER);
  place.onClose(() => hold.release());
  const { temporalAddress: address = '' } = hold;
  const connection = await Connection.connect({ address });
  place.onClose(() => connection.close());
  const client = new Client({ connection });
  const worker = await program.worker(address, place);
  place.onClose(() => worker.stop());
  await worker.start();
  const handle = (id: string) => client.workflow.getHandle(id);
  const answer = (id: string) =>
    handle(id)
      .result()
      .then((result) => program.answerOf(result as never))
      .catch(() => NO_ANSWER);
  return {
    start: async (id, request) => void (await program.start(client, id, request)),
    answer,
    cancel: async (id) => void (await (program.cancel?.(client, id) ?? handle(id).cancel())),
    status: async (id) => {
      const { name } = (await handle(id).describe()).status;
      return name === 'COMPLETED' ? (await answer(id)).status : name.toLowerCase();
    },
    kill: () => worker.kill(),
    restart: async () => void (await worker.start()),
    eventsOf: async (id) => (await handle(id).fetchHistory()).events?.length ?? 0,
    pids: [() => worker.pid, () => serverPidIn(dataDir)],
  };
}

/** As people set them. */
function settingsOf(address: string, { upstream, folder }: Place) {
  return {
    TEMPORAL_ADDRESS: address,
    DURABLE_RESPONSES_ENCRYPTION: 'off',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: upstream.url,
    DURABLE_RESPONSES_STORE: join(folder, 'store'),
    DURABLE_RESPONSES_LOG_LEVEL: 'ERROR',
  };
}

/** `npm run webhook`; the emulator tells it of every end. */
async function startReceiver(address: string, place: Place): Promise<void> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const own = { OPENAI_WEBHOOK_SECRET: secret, DURABLE_RESPONSES_WEBHOOK_PORT: '0' };
  const env = { ...settingsOf(address, place), ...own };
  const receiver = new KilledProgram({ file: 'src/webhook/main.js', env, ready: /http:\S+\/webhook/ });
  place.onClose(() => receiver.stop());
  const url = await receiver.start();
  await ask(place.upstream.url.replace('/v1', '/emulator/webhooks'), { body: [{ url, secret }] });
}

/** `npm start`. */
async function ourWorker(address: string, place: Place, { watch }: TaskOptions): Promise<KilledProgram> {
  if (watch === 'webhook') await startReceiver(address, place);
  const env = settingsOf(address, place);
  return new KilledProgram({ file: 'src/start.js', env, ready: /Worker on / });
}

export function ours(name: string, label: string, options: TaskOptions): Side {
  const program: Program = {
    worker: (address, place) => ourWorker(address, place, options),
    start: (client, id, request) =>
      startTaskWorkflow({ client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true }, id, { request, options }),
    answerOf: ({ status, outputText, possibleOrphans, timings }: TaskResult) => ({
      status,
      text: outputText,
      named: possibleOrphans.length,
      seenMs: Date.parse(timings.detected ?? ''),
    }),
    cancel: (client, id) => client.workflow.getHandle(id).signal('cancelTask'),
  };
  return { name, label, open: (place) => open(program, place) };
}

function compared(name: 'floor' | 'naive', label: string): Side {
  const ready = /^ready$/m;
  const program: Program = {
    worker: (address, { upstream }) =>
      new KilledProgram({ file: 'bench/worker.js', args: ['others', address, upstream.url], ready }),
    start: (client, id, request) =>
      client.workflow.start(`${name}Task`, { workflowId: id, taskQueue: 'bench-others', args: [request] }),
    answerOf: ({ text }: BenchResult) => ({ status: 'completed', text, named: 0 }),
  };
  return { name, label, open: (place) => open(program, place) };
}

export const floor = compared('floor', "the engine's floor");
export const naive = compared('naive', 'Temporal, naive');

const pydanticProgram: Program = {
  worker: async (address, { upstream }) => {
    const python = join(await installed('rivals/pydantic-ai', 'requirements.txt'), 'bin', 'python');
    const env = { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: upstream.url };
    const args = [sourceOf('rivals', 'pydantic-ai', 'worker.py'), address];
    return new KilledProgram({ file: python, args, env, ready: /^ready$/m });
  },
  start: (client, id, { input, metadata }) =>
    client.workflow.start('pydanticTask', { workflowId: id, taskQueue: 'pydantic-ai', args: [input, metadata] }),
  answerOf: (text: string) => ({ status: 'completed', text, named: 0 }),
};

export const pydanticAi: Side = {
  name: 'pydantic-ai',
  label: 'pydantic-ai 2.68.0 on Temporal',
  open: (place) => open(pydanticProgram, place),
};
