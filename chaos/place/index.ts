/** Where faults happen: every server and program a process that can be killed, every way between them one to be cut. */
import { Client, Connection } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminOf, type Admin } from '../../bench/scale/place';
import { KilledProgram } from '../../bench/scale/processes';
import { retriesThatEnd } from '../../src/closed-calls';
import { freePort, LOOPBACK } from '../../src/embedded/ports';
import { folderStore, type BlobStore } from '../../src/store';
import { emulatorServer, temporalServer } from './servers';
import { wayTo, type Way } from './way';

export type { Way } from './way';

export interface PlaceOptions {
  /** More arguments of the dev server, such as `--dynamic-config-value`. */
  serverArgs?: string[];
  /** The store of the workers. Default: a folder of the place. */
  storeDir?: string;
  /** The database of the server. Default: a folder of the place. */
  dataDir?: string;
  /** More settings of every program, which win over those of the place. */
  settings?: Record<string, string>;
}

export interface WorkerOptions {
  /** Default: the worker of `npm start`. */
  file?: string;
  /** More settings, which win over those of the place. */
  env?: Record<string, string>;
}

export interface Place extends Admin {
  folder: string;
  storeDir: string;
  dataDir: string;
  /** A folder with the output of each process in a file. */
  logs: string;
  /** Reaches the server directly, whatever is cut. */
  client: Client;
  store: BlobStore;
  server: KilledProgram;
  emulator: KilledProgram;
  /** Of webhooks, which the emulator sends to its port all the time. Not running until it is started. */
  receiver: KilledProgram;
  ways: { toServer: Way; toUpstream: Way };
  /** `host:port`, not through the way. */
  serverAddress: string;
  /** Base URL of the emulator's API, not through the way. */
  emulatorUrl: string;
  /** A program of this package that works here, not started yet. All are ended with the place. */
  newWorker(options?: WorkerOptions): KilledProgram;
  close(): Promise<void>;
}

const KEY = 'sk-chaos-canary-5d1f';

function settingsOf({ toServer, toUpstream }: Place['ways'], storeDir: string): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: toServer.address,
    DURABLE_RESPONSES_ENCRYPTION: 'off',
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: `http://${toUpstream.address}/v1`,
    DURABLE_RESPONSES_STORE: storeDir,
    DURABLE_RESPONSES_LOG_LEVEL: 'WARN',
  };
}

/** Has the emulator tell the receiver's port of every end, with a secret of the place. */
async function writeWebhooks(path: string) {
  const port = await freePort();
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  writeFileSync(path, JSON.stringify([{ url: `http://${LOOPBACK}:${port}/webhook`, secret }]));
  return { OPENAI_WEBHOOK_SECRET: secret, DURABLE_RESPONSES_WEBHOOK_PORT: String(port) };
}

function foldersOf(folder: string, { storeDir = join(folder, 'store'), dataDir = join(folder, 'data') }: PlaceOptions) {
  const logs = join(folder, 'logs');
  for (const path of [storeDir, dataDir, logs]) mkdirSync(path, { recursive: true });
  return { storeDir, dataDir, logs };
}

/** The programs of this package here; each has its output in a file of its own. */
function programsOf(logs: string, settings: Record<string, string>, receiverEnv: Record<string, string>) {
  const all: KilledProgram[] = [];
  const add = (name: string, file: string, env: Record<string, string>, ready: RegExp): KilledProgram => {
    const logFile = join(logs, `${name}.log`);
    const program = new KilledProgram({ file, env: { ...settings, ...env }, ready, logFile });
    all.push(program);
    return program;
  };
  return {
    receiver: add('receiver', 'src/webhook/main.js', receiverEnv, /http:\S+\/webhook/),
    newWorker: ({ file = 'src/start.js', env = {} }: WorkerOptions = {}) =>
      add(`worker-${all.length}`, file, env, /Worker on /),
    killAll: () => Promise.all(all.map((program) => program.kill())),
  };
}

/** Opens a place: the servers run, workers and the receiver are for the caller to start. Close it when done. */
export async function openPlace(options: PlaceOptions = {}): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-chaos-'));
  const { storeDir, dataDir, logs } = foldersOf(folder, options);
  const webhooksFile = join(folder, 'webhooks.json');
  const receiverEnv = await writeWebhooks(webhooksFile);
  const temporal = await temporalServer(dataDir, logs, options.serverArgs ?? []);
  const upstream = emulatorServer(folder, logs, await freePort(), webhooksFile);
  await Promise.all([temporal.program.start(), upstream.program.start()]);
  const ways = { toServer: await wayTo(temporal.address), toUpstream: await wayTo(upstream.address) };
  const settings = { ...settingsOf(ways, storeDir), ...options.settings };
  const { killAll, ...programs } = programsOf(logs, settings, receiverEnv);
  const connection = await Connection.connect({ address: temporal.address, interceptors: retriesThatEnd() });
  const emulatorUrl = `http://${upstream.address}/v1`;
  const close = async () => {
    await killAll();
    await connection.close();
    for (const way of Object.values(ways)) way.close();
    await Promise.all([temporal.program.kill(), upstream.program.kill()]);
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    folder,
    storeDir,
    dataDir,
    logs,
    client: new Client({ connection }),
    store: folderStore(storeDir),
    server: temporal.program,
    emulator: upstream.program,
    ...programs,
    ways,
    serverAddress: temporal.address,
    emulatorUrl,
    ...adminOf(emulatorUrl),
    close,
  };
}

/** Runs `body` in a place of its own. */
export async function withPlace<T>(options: PlaceOptions, body: (place: Place) => Promise<T>): Promise<T> {
  const place = await openPlace(options);
  try {
    return await body(place);
  } finally {
    await place.close();
  }
}
