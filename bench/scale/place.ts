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

/** The pages of the emulator for who judges and who disturbs. */
export interface Admin {
  fromEmulator: <T>(page: string) => Promise<T>;
  /** Replaces what it has on a page. */
  toEmulator: (page: string, list: unknown[]) => Promise<void>;
}

export interface Place extends Admin {
  /** What a run writes goes here; removed with it. */
  folder: string;
  client: Client;
  store: BlobStore;
  worker: KilledProgram;
  /** One more, with settings of its own; `start` it. It is stopped at the end. */
  newWorker: (env: Record<string, string>) => KilledProgram;
  /** Programs reach the servers with these. */
  settings: Record<string, string>;
  /** The process of the Temporal server now; undefined while there is none. Its keeper starts it again. */
  serverPid: () => Promise<number | undefined>;
  /** Grows with everything that is asked of the emulator. */
  journalBytes: () => number;
  /** Base URL of its API. */
  emulatorUrl: string;
  meters: { worker: UsageMeter; server: UsageMeter; emulator: UsageMeter };
}

function startEmulator(journal: string, timeScale: number): KilledProgram {
  const args = ['--port', '0', '--state', journal, '--time-scale', String(timeScale)];
  return new KilledProgram({ file: 'emulator/main.js', args, ready: /http:\S+\/v1(?= )/ });
}

const settingsOf = (address: string, emulatorUrl: string, storeDir: string): Place['settings'] => ({
  TEMPORAL_ADDRESS: address,
  DURABLE_RESPONSES_ENCRYPTION: 'off',
  OPENAI_API_KEY: 'sk-bench',
  OPENAI_BASE_URL: emulatorUrl,
  DURABLE_RESPONSES_STORE: storeDir,
  DURABLE_RESPONSES_LOG_LEVEL: 'ERROR',
});

const workerOf = (env: Record<string, string>): KilledProgram =>
  new KilledProgram({ file: 'src/start.js', env, ready: /Worker on / });

function fleetOf(settings: Place['settings'], own: Record<string, string>) {
  const worker = workerOf({ ...own, ...settings });
  const all = [worker];
  const newWorker: Place['newWorker'] = (env) => {
    const other = workerOf({ ...env, ...settings });
    all.push(other);
    return other;
  };
  return { worker, newWorker, stop: () => Promise.all(all.map((one) => one.stop())) };
}

/** @param url Base URL of its API. */
export function adminOf(url: string): Admin {
  const addressOf = (page: string) => url.replace('/v1', `/emulator/${page}`);
  return {
    fromEmulator: async <T>(page: string) => (await (await fetch(addressOf(page))).json()) as T,
    toEmulator: async (page, list) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(addressOf(page), { method: 'POST', headers, body: JSON.stringify(list) });
      if (!reply.ok) throw new Error(`The emulator takes no ${page}: ${await reply.text()}`);
    },
  };
}

const metersOf = (worker: KilledProgram, serverPid: Place['serverPid'], emulator: KilledProgram): Place['meters'] => ({
  worker: new UsageMeter(() => worker.pid),
  server: new UsageMeter(serverPid),
  emulator: new UsageMeter(() => emulator.pid),
});

const filesIn = (folder: string) => ({
  storeDir: join(folder, 'store'),
  dataDir: join(folder, 'data'),
  journal: join(folder, 'emulator.jsonl'),
});

/** Of the Temporal server whose files are there. */
export async function serverPidIn(dataDir: string): Promise<number | undefined> {
  const pid = (await readRecord(dataDir))?.temporalPid;
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

/** Starts the servers; `body` starts the worker, which has more settings of its own in `workerEnv`. */
export async function withPlace<T>(
  timeScale: number,
  body: (place: Place) => Promise<T>,
  workerEnv: Record<string, string> = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-scale-'));
  const { storeDir, dataDir, journal } = filesIn(folder);
  const emulator = startEmulator(journal, timeScale);
  const emulatorUrl = await emulator.start();
  const hold = await holdEmbedded({ ...loadConfig(), dataDir }, { temporal: true, emulator: false });
  const { temporalAddress: address = '' } = hold;
  const connection = await Connection.connect({ address });
  const settings = settingsOf(address, emulatorUrl, storeDir);
  const { worker, newWorker, stop } = fleetOf(settings, workerEnv);
  const serverPid = () => serverPidIn(dataDir);
  const meters = metersOf(worker, serverPid, emulator);
  try {
    return await body({
      folder,
      client: new Client({ connection }),
      store: folderStore(storeDir),
      worker,
      newWorker,
      settings,
      serverPid,
      journalBytes: () => statSync(journal).size,
      emulatorUrl,
      ...adminOf(emulatorUrl),
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
