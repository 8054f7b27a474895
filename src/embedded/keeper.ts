/**
 * Owns the embedded services for as long as anyone holds them. A holder is an open connection: when its process ends,
 * however it ends, the kernel closes it, and after the last one everything is stopped.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { CodecServer } from '../codec-server/server';
import { messageOf, UnreachableError } from '../errors';
import { startCodecService } from './codec-service';
import { startEmulatorService, type RunningEmulator } from './emulator-service';
import { LOOPBACK } from './ports';
import { receive, requestSchema, send, type Request, type ServiceName, type Services } from './protocol';
import { embeddedFiles, prepareDataDir, removeRecord, writeRecord } from './record';
import { TemporalServer } from './temporal-server';

/** A starter that has not come back by then has died. */
const FIRST_HOLDER_TIMEOUT_MS = 30_000;
/** A connection that says nothing is not one of ours. */
const HELLO_TIMEOUT_MS = 5000;

export interface KeeperOptions {
  dataDir: string;
  /** For the codec server, as `writeKeys` gives them; empty for those of the data folder, if any. */
  keys: string;
  log: (text: string) => void;
}

export class Keeper {
  private readonly token = randomBytes(32).toString('hex');
  private readonly files;
  private readonly connections = new Set<Socket>();
  private readonly holders = new Set<Socket>();
  private readonly starting = new Map<ServiceName, Promise<void>>();
  private readonly server: Server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
  private temporal: TemporalServer | undefined;
  private codec: CodecServer | undefined;
  private emulator: RunningEmulator | undefined;
  private writing: Promise<void> = Promise.resolve();
  private writable = true;
  private controlPort = 0;
  private stopped: Promise<void> | undefined;
  private firstHolderTimer: NodeJS.Timeout | undefined;
  private readonly dataDir: string;
  private readonly log: (text: string) => void;

  constructor(
    private readonly options: KeeperOptions,
    private readonly onStopped: () => void,
  ) {
    this.dataDir = options.dataDir;
    this.log = options.log;
    this.files = embeddedFiles(options.dataDir);
  }

  /** Listens and writes the record; the services start when a holder needs them. */
  async listen(): Promise<void> {
    await prepareDataDir(this.dataDir);
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, LOOPBACK, resolve);
    });
    this.controlPort = (this.server.address() as AddressInfo).port;
    await this.saveRecord();
    this.firstHolderTimer = setTimeout(() => void this.stop('nobody came to hold it'), FIRST_HOLDER_TIMEOUT_MS);
  }

  /** Stops the services, removes the record last (until then nobody may start them again), lets go of the holders. */
  stop(reason: string): Promise<void> {
    this.stopped ??= this.stopAll(reason).finally(this.onStopped);
    return this.stopped;
  }

  private async stopAll(reason: string): Promise<void> {
    this.notice(`stopping: ${reason}`);
    clearTimeout(this.firstHolderTimer);
    this.server.close();
    await Promise.all([this.temporal?.stop(), this.emulator?.close()]);
    // A service that was still starting ends now as well, and must not outlive this process.
    await Promise.allSettled([...this.starting.values()]);
    await Promise.all([this.emulator?.close(), this.codec?.close()]);
    this.writable = false;
    await this.writing.catch(() => undefined);
    await removeRecord(this.dataDir);
    // Only now, since the end of its connection tells the last holder that nothing is left.
    for (const socket of this.connections) socket.end();
    this.log('stopped');
  }

  private accept(socket: Socket): void {
    this.connections.add(socket);
    const hello = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    let greeted = false;
    receive(socket, requestSchema, (request) => {
      if (greeted) return;
      greeted = true;
      clearTimeout(hello);
      if (!this.isToken(request.token)) socket.destroy();
      else if (request.need === undefined) send(socket, { services: this.services() });
      else void this.serve(socket, { ...request, need: request.need });
    });
    socket.on('end', () => this.ended(socket));
    socket.on('close', () => {
      clearTimeout(hello);
      this.connections.delete(socket);
      this.left(socket);
    });
  }

  /** A holder that leaves in good order hears whether it was the last; if so, its connection ends when all is gone. */
  private ended(socket: Socket): void {
    const last = this.holders.has(socket) && this.holders.size === 1;
    const stopping = this.holders.has(socket) && (last || this.stopped !== undefined);
    if (this.holders.has(socket)) send(socket, { bye: stopping ? 'stopping' : 'others remain' });
    if (!stopping) socket.end();
    this.left(socket);
  }

  private async serve(socket: Socket, request: Request & { need: ServiceName[] }): Promise<void> {
    // It came too late: it finds out by the end of its connection, and starts a keeper of its own.
    if (this.stopped !== undefined) return;
    clearTimeout(this.firstHolderTimer);
    this.holders.add(socket);
    try {
      await Promise.all(request.need.map((name) => this.ensure(name, request)));
      send(socket, { services: this.services() });
    } catch (error) {
      const hint = error instanceof UnreachableError ? error.hint : `More may stand in ${this.files.log}.`;
      send(socket, { failed: { message: messageOf(error), hint } });
    }
  }

  /** Starts a service once, however many need it; after a failure the next holder may try again. */
  private ensure(name: ServiceName, request: Request): Promise<void> {
    const started = this.starting.get(name);
    if (started !== undefined) return started;
    const start = name === 'temporal' ? this.startTemporal(request) : this.startEmulator();
    this.starting.set(name, start);
    start.catch(() => this.starting.delete(name));
    return start;
  }

  private async startTemporal({ temporal }: Request): Promise<void> {
    if (temporal === undefined) throw new Error('The request names no Temporal program.');
    // The server is told its address, so it comes first.
    const origin = () => this.temporal?.addresses.uiUrl;
    this.codec ??= await startCodecService({ ...this.options, origin });
    if (this.stopped !== undefined) throw new Error('The keeper is stopping.');
    this.temporal = new TemporalServer({
      ...temporal,
      codecEndpoint: this.codec?.endpoint,
      dbFile: this.files.temporalDb,
      logFile: this.files.log,
      // While stopping, the reason stays the last thing that holders hear.
      log: (text) => (this.stopped === undefined ? this.notice(text) : this.log(text)),
      onChange: () => void this.saveRecord(),
      onGivenUp: (reason) => void this.stop(reason),
    });
    await this.temporal.start();
  }

  private async startEmulator(): Promise<void> {
    this.emulator = await startEmulatorService({ port: 0, stateFile: this.files.emulatorState });
    this.notice(`emulator ready on ${this.emulator.url}`);
    await this.saveRecord();
  }

  private left(socket: Socket): void {
    const held = this.holders.delete(socket);
    if (held && this.holders.size === 0) void this.stop('the last holder left');
  }

  private services(): Services {
    return { ...this.temporal?.addresses, emulatorUrl: this.emulator?.url, codecEndpoint: this.codec?.endpoint };
  }

  private notice(text: string): void {
    this.log(text);
    for (const socket of this.holders) send(socket, { notice: text });
  }

  /** One write at a time, so that the last state is the one that stays. */
  private saveRecord(): Promise<void> {
    this.writing = this.writing.then(async () => {
      if (!this.writable) return;
      const known = { temporalPid: this.temporal?.pid, ...this.services() };
      await writeRecord(this.dataDir, { pid: process.pid, controlPort: this.controlPort, token: this.token, ...known });
    });
    this.writing.catch((error: unknown) => this.log(`cannot write ${this.files.record}: ${String(error)}`));
    return this.writing;
  }

  private isToken(given: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(this.token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}
