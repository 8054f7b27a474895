/** Holds the embedded services: they run for as long as any process holds them, and not a moment longer. */
import type { Socket } from 'node:net';
import type { Config } from '../config';
import { UnreachableError } from '../errors';
import { configuredEncryption } from '../security/encryption';
import { writeKeys } from '../security/keys';
import { findTemporalCli } from './binaries';
import { onAbort, stopProcess, until } from './processes';
import { connectTo, receive, replySchema, send, type Reply, type Request, type Services } from './protocol';
import { EMBEDDED_NAMESPACE, prepareDataDir, readRecord, type EmbeddedRecord } from './record';
import { clearAway, ensureKeeper, isKeeper } from './start-keeper';

export interface HoldOptions {
  temporal: boolean;
  emulator: boolean;
  /** More arguments of `temporal server start-dev`; only the first holder's count. */
  serverArgs?: string[];
  /** One line about something that takes time or went wrong and was mended. */
  onNotice?: (text: string) => void;
  /** Ends the start: a download, a wait. What was begun is let go, and the signal's reason is thrown. */
  signal?: AbortSignal;
  /** The services are gone although they are held: the keeper was killed, or gave up. */
  onLost?: (reason: string) => void;
}

export interface EmbeddedHold extends Services {
  namespace: string;
  /** Lets go. When this was the last holder, returns after everything has stopped (bounded to 20 s). */
  release(): Promise<void>;
}

/** One join fails when its keeper stops at that moment; three in a row would be no coincidence. */
const ATTEMPTS = 3;
/** Longer than the keeper takes to stop its services (5 s each, at once). */
const RELEASE_TIMEOUT_MS = 15_000;
/** After its last word the keeper has only to exit. */
const EXIT_TIMEOUT_MS = 3000;
/** The keeper has everything in its memory. */
const ASK_TIMEOUT_MS = 2000;

/**
 * Joins the running keeper, or starts one, and returns when the wanted services are ready: in 0.1 s and 1.5 s, longer
 * when a program must be downloaded first.
 *
 * @throws UnreachableError when no Temporal program can be had, or a service does not start within about 30 s; UsageError
 * for encryption keys that cannot be used.
 */
export async function holdEmbedded(config: Config, options: HoldOptions): Promise<EmbeddedHold> {
  const { onNotice, signal } = options;
  const program = options.temporal ? await findTemporalCli(config, { onNotice, signal }) : undefined;
  const keys = program ? await keysOf(config) : '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await ensureKeeper(config.dataDir, keys, signal);
    const record = await readRecord(config.dataDir);
    const socket = record && (await connectTo(record));
    if (record === undefined || socket === undefined) continue;
    const hold = new Hold(config.dataDir, record, socket, options);
    const services = await hold.join({
      token: record.token,
      need: [
        ...(options.temporal ? (['temporal'] as const) : []),
        ...(options.emulator ? (['emulator'] as const) : []),
      ],
      temporal: program && { path: program.path, args: options.serverArgs ?? [] },
    });
    if (services !== undefined) return { ...services, namespace: EMBEDDED_NAMESPACE, release: () => hold.release() };
  }
  throw new UnreachableError(
    'The embedded servers stopped each time they were joined.',
    `See ${config.dataDir}/embedded.log.`,
  );
}

/** For the Web UI of a server that is started now. Made here when this folder never had any. */
async function keysOf(config: Config): Promise<string> {
  await prepareDataDir(config.dataDir);
  return writeKeys((await configuredEncryption(config, 'embedded')).keys);
}

/** What runs now, without holding it; undefined when no keeper of this data folder runs. */
export async function readEmbedded(config: Config): Promise<(EmbeddedRecord & { namespace: string }) | undefined> {
  const record = await readRecord(config.dataDir);
  const socket = record && (await connectTo(record));
  if (record === undefined || socket === undefined) return undefined;
  const services = await new Promise<Services | undefined>((resolve) => {
    receive(socket, replySchema, (reply) => resolve('services' in reply ? reply.services : undefined));
    socket.once('close', () => resolve(undefined));
    socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy());
    send(socket, { token: record.token });
  });
  socket.destroy();
  return services && { ...record, ...services, namespace: EMBEDDED_NAMESPACE };
}

class Hold {
  private joined = false;
  private bye: 'others remain' | 'stopping' | undefined;
  private lastNotice: string | undefined;
  private released: Promise<void> | undefined;
  private readonly closed: Promise<void>;

  constructor(
    private readonly dataDir: string,
    private readonly record: EmbeddedRecord,
    private readonly socket: Socket,
    private readonly options: HoldOptions,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.once('end', () => socket.end());
  }

  /** @returns undefined when the keeper was just stopping. @throws UnreachableError when it cannot start a service. */
  async join(request: Request): Promise<Services | undefined> {
    const answer = await new Promise<Reply | undefined>((resolve) => {
      receive(this.socket, replySchema, (reply) => {
        if ('notice' in reply) this.notice(reply.notice);
        else if ('bye' in reply) this.bye = reply.bye;
        else resolve(reply);
      });
      void this.closed.then(() => resolve(undefined));
      send(this.socket, request);
      // Only now: a keeper that was started for this holder ends when it leaves, and not before it came.
      onAbort(this.options.signal, () => resolve(undefined));
    });
    if (this.options.signal?.aborted) await this.release();
    this.options.signal?.throwIfAborted();
    if (answer === undefined) return undefined;
    if ('failed' in answer) {
      await this.release();
      throw new UnreachableError(answer.failed.message, answer.failed.hint);
    }
    this.joined = true;
    void this.closed.then(() => this.lost());
    return 'services' in answer ? answer.services : undefined;
  }

  release(): Promise<void> {
    this.released ??= this.leave();
    return this.released;
  }

  private async leave(): Promise<void> {
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), RELEASE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(timer);
    if (this.bye === 'others remain') return;
    const gone = await until(async () => !(await isKeeper(this.record.pid, this.dataDir)), EXIT_TIMEOUT_MS);
    if (gone) return;
    await stopProcess(this.record.pid, EXIT_TIMEOUT_MS);
    await clearAway(this.dataDir, this.record);
  }

  private notice(text: string): void {
    this.lastNotice = text;
    this.options.onNotice?.(text);
  }

  private async lost(): Promise<void> {
    if (this.released !== undefined || !this.joined) return;
    // A killed keeper could not stop its server.
    await clearAway(this.dataDir, this.record);
    const reason = this.lastNotice === undefined ? '' : ` Its last notice: ${this.lastNotice}.`;
    this.options.onLost?.(`The keeper of the embedded servers (process ${this.record.pid}) has ended.${reason}`);
  }
}
