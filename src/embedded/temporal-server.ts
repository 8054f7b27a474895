/** The Temporal dev server as a child process: started, watched, started again when it dies, stopped. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { SearchAttributeType } from '@temporalio/common';
import { childEnvironment } from '../config';
import { UnreachableError } from '../errors';
import { SEARCH_ATTRIBUTES } from '../names';
import { LOOPBACK, temporalPorts, type TemporalPorts } from './ports';
import { waitUntilReady } from './ready';

export interface TemporalServerOptions {
  /** The `temporal` program. */
  path: string;
  /** More arguments of `server start-dev`. */
  args: string[];
  /** Where its Web UI has payloads decoded. */
  codecEndpoint?: string;
  dbFile: string;
  logFile: string;
  log: (text: string) => void;
  /** The process, or what is known of it, has changed. */
  onChange: () => void;
  /** It died too often and is not started again. */
  onGivenUp: (reason: string) => void;
}

/** It takes 0.4 s; a loaded machine or a large state file may need much longer. */
const READY_TIMEOUT_MS = 30_000;
/** It stops in about 1 s; after five it is stuck, and its state file survives a kill. */
const STOP_GRACE_MS = 5000;
/** A server that dies five times in a minute would die for ever. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
/** Another program may take a port between the look and the start. */
const START_ATTEMPTS = 3;

export class TemporalServer {
  private child: ChildProcess | undefined;
  private ports: TemporalPorts | undefined;
  private ready = false;
  private stopping = false;
  private deaths: number[] = [];

  constructor(private readonly options: TemporalServerOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Where it listens, once it is ready; the same after a restart. */
  get addresses(): { temporalAddress?: string; uiUrl?: string } {
    if (!this.ready || this.ports === undefined) return {};
    return { temporalAddress: `${LOOPBACK}:${this.ports.grpc}`, uiUrl: `http://${LOOPBACK}:${this.ports.ui}` };
  }

  /** @throws UnreachableError when it is not ready within 30 s, or exits at once three times. */
  async start(): Promise<void> {
    for (let attempt = 1; attempt <= START_ATTEMPTS && !this.stopping; attempt += 1) {
      const ports = await temporalPorts(attempt === 1);
      if (this.stopping) break;
      const child = this.spawnOn(ports);
      if (await waitUntilReady(ports, READY_TIMEOUT_MS, () => runs(child))) {
        this.ports = ports;
        this.ready = true;
        this.options.log(`Temporal server ready on ${LOOPBACK}:${ports.grpc}, UI on ${LOOPBACK}:${ports.ui}`);
        this.options.onChange();
        return;
      }
      // One that exited may have lost a port to another program; one that hangs would hang again.
      if (runs(child)) attempt = START_ATTEMPTS;
      await endChild(child);
    }
    throw new UnreachableError(
      'The embedded Temporal server did not start.',
      `Its reason stands in ${this.options.logFile}. If the state file is damaged, move ${this.options.dbFile} away.`,
    );
  }

  /** Returns when the process is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.ready = false;
    if (this.child !== undefined) await endChild(this.child);
  }

  private spawnOn(ports: TemporalPorts): ChildProcess {
    const child = spawn(this.options.path, startArguments(ports, this.options), {
      // Its output goes where this process's goes: the log file.
      stdio: ['ignore', 'inherit', 'inherit'],
      env: childEnvironment(),
    });
    this.child = child;
    child.once('error', (error) => this.options.log(`Temporal server: ${error.message}`));
    child.once('exit', (code, signal) => {
      this.options.log(`Temporal server (process ${child.pid}) ended: ${signal ?? `exit code ${code}`}`);
      if (this.ready && this.child === child) void this.restart(`${signal ?? `exit code ${code}`}`);
    });
    this.options.onChange();
    return child;
  }

  /** On the same ports, so that connected clients and workers carry on by themselves. */
  private async restart(reason: string): Promise<void> {
    const { ports } = this;
    if (this.stopping || ports === undefined) return;
    this.deaths = [...this.deaths.filter((at) => Date.now() - at < RESTART_WINDOW_MS), Date.now()];
    if (this.deaths.length > MAX_RESTARTS) {
      this.options.onGivenUp(`the Temporal server died ${this.deaths.length} times in a minute (${reason})`);
      return;
    }
    this.options.log(`Temporal server: starting it again on ${LOOPBACK}:${ports.grpc}`);
    const child = this.spawnOn(ports);
    if (await waitUntilReady(ports, READY_TIMEOUT_MS, () => runs(child))) {
      this.options.log('Temporal server: ready again');
    } else if (runs(child)) {
      // Its exit leads back here, and is counted.
      child.kill('SIGKILL');
    }
  }
}

/** The arguments of the program for a server on these ports. */
export function startArguments(
  ports: TemporalPorts,
  { dbFile, args, codecEndpoint }: Pick<TemporalServerOptions, 'dbFile' | 'args' | 'codecEndpoint'>,
): string[] {
  const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => [
    '--search-attribute',
    `${name}=${typeName(type)}`,
  ]);
  const http = ['--http-port', `${ports.http}`];
  const places = ['--ip', LOOPBACK, '--ui-ip', LOOPBACK, '--port', `${ports.grpc}`, '--ui-port', `${ports.ui}`];
  const quiet = ['--log-level', 'error', '--ui-disable-news-fetch'];
  const codec = codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint];
  const all = [...places, ...http, '--db-filename', dbFile, ...quiet, ...codec, ...attributes, ...args];
  return ['server', 'start-dev', ...all];
}

/** `KEYWORD_LIST` is `KeywordList` on the command line. */
export function typeName(type: SearchAttributeType): string {
  return type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

function runs(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Asks it to stop, then makes it. */
async function endChild(child: ChildProcess): Promise<void> {
  if (!runs(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await gone;
  clearTimeout(timer);
}
