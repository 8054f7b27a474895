/** The servers and processes of a benchmark. */
import { Client, Connection } from '@temporalio/client';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../emulator';
import { loadConfig } from '../src/config';
import { holdEmbedded } from '../src/embedded';
import { readRecord } from '../src/embedded/record';
import { peakMegabytesOf } from './scale/usage';

export interface Servers {
  client: Client;
  address: string;
  emulatorUrl: string;
  /** What workers and clients keep outside of histories goes here. */
  storeDir: string;
  ledger(): Promise<Ledger>;
  /** Of the server's files. */
  databaseBytes(): number;
  /** The process of the Temporal server. */
  serverPid: () => Promise<number | undefined>;
  close(): Promise<void>;
}

/** A dev server with its default settings and an emulator, each in a process of its own. */
export async function startServers(): Promise<Servers> {
  const dataDir = mkdtempSync(join(tmpdir(), 'durable-responses-bench-'));
  const hold = await holdEmbedded({ ...loadConfig(), dataDir }, { temporal: true, emulator: true });
  const { temporalAddress: address = '', emulatorUrl = '' } = hold;
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    address,
    emulatorUrl,
    storeDir: join(dataDir, 'store'),
    ledger: async () => (await (await fetch(emulatorUrl.replace('/v1', '/emulator/ledger'))).json()) as Ledger,
    databaseBytes: () => {
      const names = readdirSync(dataDir).filter((name) => name.startsWith('temporal.db'));
      return names.reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);
    },
    serverPid: async () => (await readRecord(dataDir))?.temporalPid,
    close: async () => {
      await connection.close();
      await hold.release();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface WorkerProcess {
  pid: number | undefined;
  peakMegabytes(): number;
  stop(): Promise<void>;
}

export const startWorker = (
  program: 'ours' | 'others',
  { address, emulatorUrl, storeDir }: Servers,
  maxCachedWorkflows = 1000,
): Promise<WorkerProcess> =>
  startWorkerFile('worker.js', [program, address, emulatorUrl, storeDir, String(maxCachedWorkflows)]);

/** @param file In the folder of benchmarks. It sends a message when it is ready. */
export async function startWorkerFile(file: string, args: string[]): Promise<WorkerProcess> {
  const child = fork(join(__dirname, file), args);
  await once(child, 'message');
  return {
    pid: child.pid,
    peakMegabytes: () => Math.round(peakMegabytesOf(child.pid ?? NaN)),
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
