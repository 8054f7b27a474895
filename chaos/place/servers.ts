/** The servers of a place as processes of their own, each on one port for good. */
import { join } from 'node:path';
import { KilledProgram } from '../../bench/scale/processes';
import { loadConfig } from '../../src/config';
import { findTemporalCli } from '../../src/embedded';
import { LOOPBACK, temporalPorts } from '../../src/embedded/ports';
import { waitUntilReady } from '../../src/embedded/ready';
import { startArguments } from '../../src/embedded/temporal-server';

/** Server timers cost a second each by default. */
export const FAST_TIMERS = ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="5ms"'];

/** It takes half a second; the rest is for a machine that is busy. */
const READY_MS = 60_000;

export interface Served {
  program: KilledProgram;
  /** `host:port`. */
  address: string;
}

/** The real dev server, its state in a file of the folder. */
export async function temporalServer(folder: string, logs: string, serverArgs: string[]): Promise<Served> {
  const { path } = await findTemporalCli(loadConfig());
  const ports = await temporalPorts(false);
  const args = startArguments(ports, {
    dbFile: join(folder, 'temporal.db'),
    args: [...FAST_TIMERS, ...serverArgs],
  });
  const ready = (isRunning: () => boolean) => waitUntilReady(ports, READY_MS, isRunning);
  const program = new KilledProgram({ file: path, args, ready, logFile: join(logs, 'temporal.log') });
  return { program, address: `${LOOPBACK}:${ports.grpc}` };
}

/** The emulator, its state in a file of the folder. It tells of the ends of runs whoever is in `webhooksFile`. */
export function emulatorServer(folder: string, logs: string, port: number, webhooksFile: string): Served {
  const state = join(folder, 'emulator.jsonl');
  const args = ['--port', String(port), '--state', state, '--webhooks', webhooksFile];
  const logFile = join(logs, 'emulator.log');
  const program = new KilledProgram({ file: 'emulator/main.js', args, ready: /http:\S+\/v1(?= )/, logFile });
  return { program, address: `${LOOPBACK}:${port}` };
}
