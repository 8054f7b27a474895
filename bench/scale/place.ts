/** Where a scale run happens: server, emulator and worker, each a process that can be killed. */
import { Client, Connection } from '@temporalio/client';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { holdEmbedded } from '../../src/embedded';
import { isAlive } from '../../src/embedded/processes';
import { readRecord } from '../../src/embedded/record';
import { folderStore, type BlobStore } from '../../src/store';
import { KilledProgram } from './processes';
import { UsageMeter } from './usage';

export interface Place {
  /** What a run writes goes here; removed with it. */
  folder: string;
  client: Client;
  store: BlobStore;
  worker: KilledProgram;
  /** One more, with settings of its own; `start` it. It is stopped at the end. */
  newWorker: (env: Record<string, string>) => KilledProgram;
  /** The process of the Temporal server now; undefined while there is none. Its keeper starts it again. */
  serverPid: () => Promise<number | undefined>;
  /** Grows with everything that is asked of the emulator. */
  journalBytes: () => number;
  /** Base URL of its API. */
  emulatorUrl: string;
  fromEmulator: <T>(page: string) => Promise<T>;
  meters: { worker: UsageMeter; server: UsageMeter; emulator: UsageMeter };
}

function startEmulator(journal: string, timeScale: number): KilledProgram {
  const args = ['--port', '0', '--state', journal, '--time-scale', String(timeScale)];
  return new KilledProgram({ file: 'emulator/main.js', args, ready: /http:\S+\/v1(?= )/ });
}

function workerOf(address: string, emulatorUrl: string, storeDir: string, more: Record<string, string> = {}) {
  const env = {
    ...more,
    TEMPORAL_ADDRESS: address,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: emulatorUrl,
    DURABLE_RESPONSES_STORE_DIR: storeDir,
    DURABLE_RESPONSES_LOG_LEVEL: 'ERROR',
  };
  return new KilledProgram({ file: 'src/start.js', env, ready: /Worker on / });
}

function fleetOf(address: string, emulatorUrl: string, storeDir: string) {
  const worker = workerOf(address, emulatorUrl, storeDir);
  const all = [worker];
  const newWorker: Place['newWorker'] = (env) => {
    const other = workerOf(address, emulatorUrl, storeDir, env);
    all.push(other);
    return other;
  };
  return { worker, newWorker, stop: () => Promise.all(all.map((one) => one.stop())) };
}

const emulatorPage =
  (url: string): Place['fromEmulator'] =>
  async <T>(page: string) =>
    (await (await fetch(url.replace('/v1', `/emulator/${page}`))).json()) as T;

async function serverPidIn(dataDir: string): Promise<number | undefined> {
  const pid = (await readRecord(dataDir))?.temporalPid;
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

/** Starts the servers; `body` starts the worker. */
export async function withPlace<T>(timeScale: number, body: (place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-scale-'));
  const storeDir = join(folder, 'store');
  const dataDir = join(folder, 'data');
  const journal = join(folder, 'emulator.jsonl');
  const emulator = startEmulator(journal, timeScale);
  const emulatorUrl = await emulator.start();
  const hold = await holdEmbedded({ ...loadConfig(), dataDir }, { temporal: true, emulator: false });
  const { temporalAddress: address = '' } = hold;
  const connection = await Connection.connect({ address });
  const { worker, newWorker, stop } = fleetOf(address, emulatorUrl, storeDir);
  const serverPid = () => serverPidIn(dataDir);
  const meters = {
    worker: new UsageMeter(() => worker.pid),
    server: new UsageMeter(serverPid),
    emulator: new UsageMeter(() => emulator.pid),
  };
  try {
    return await body({
      folder,
      client: new Client({ connection }),
      store: folderStore(storeDir),
      worker,
      newWorker,
      serverPid,
      journalBytes: () => statSync(journal).size,
      emulatorUrl,
      fromEmulator: emulatorPage(emulatorUrl),
      meters,
    });
  } finally {
    await Promise.all(Object.values(meters).map((meter) => meter.stop()));
    await stop();
    await connection.close();
    await hold.release();
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
