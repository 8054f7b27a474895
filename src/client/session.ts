/** A connection to the tasks of one namespace: what every method of the client needs. */
import type { Client } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { loadConfig, type Config } from '../config';
import { connectClient, ensureSearchAttributes, isOfServer, type ResolvedTemporal } from '../connection';
import { checkId } from '../door';
import { readEmbedded } from '../embedded';
import { UnreachableError, UsageError } from '../errors';
import { encryptedBlobs, type EncryptionSetting } from '../security/data-converter';
import type { BlobStore } from '../store';
import type { Upstream } from '../upstream';
import { needsEmulator, upstreamOptions } from '../upstream/from-config';
import type { Wait, WaitOptions } from './read';
import type { StartTaskContext } from './start-task';

export interface ConnectOptions {
  /** Default: from the environment and `.env`. */
  config?: Config;
  /** For everything up to a usable connection. Default 10,000. */
  deadlineMs?: number;
  /** Where tasks are started. Default: the configured one. */
  taskQueue?: string;
  /** Keys of your own, or `off`. Default: as configured. Workers need the same. */
  encryption?: EncryptionSetting;
  /** Input and answers of batches, and what is large; the workers need the same. Default: the configured one. */
  store?: BlobStore;
}

/** What a worker of your own needs to serve the same tasks: see `examples/own-worker.ts`. */
export type Server = Pick<ResolvedTemporal, 'address' | 'namespace' | 'connectionOptions'> & {
  taskQueue: string;
  /** The keys that this client uses. */
  encryption: EncryptionSetting;
  /** Its store, which both encrypt what they put into it. */
  store: BlobStore;
};

export interface SessionParts {
  temporal: Client;
  source: ResolvedTemporal['source'];
  uiUrl: string | undefined;
  server: Server;
  context: StartTaskContext;
  config: Config;
}

export const random = (): string => randomBytes(3).toString('hex');

/** @throws UsageError for what can be no id. */
export function assertId(id: string): string {
  const problems = checkId(id);
  if (problems.length > 0) throw new UsageError(problems);
  return id;
}

/** @throws UnreachableError (with a `hint`) when there is no server; UsageError for a wrong configuration. */
export async function openSession(options: ConnectOptions): Promise<SessionParts> {
  const config = options.config ?? loadConfig();
  const { taskQueue = config.taskQueue } = options;
  const { webhookReceiver, network, maxRequestBytes } = config;
  const { privateHosts } = network;
  const { client, connection, uiUrl, ...found } = await connectClient(config, options);
  const { address, namespace, connectionOptions, source, encryption } = found;
  const store = encryptedBlobs(found.store, encryption);
  const searchAttributes = (await ensureSearchAttributes(connection, namespace)) === 'ready';
  const server = { address, namespace, connectionOptions, taskQueue, encryption, store: found.store };
  const context = { client, taskQueue, searchAttributes, store, webhookReceiver, privateHosts, maxRequestBytes };
  return { temporal: client, source, uiUrl, server, context, config };
}

export class Session {
  private renewing: Promise<void> | undefined;
  private closed = false;

  protected constructor(
    private parts: SessionParts,
    private readonly options: ConnectOptions = {},
  ) {}

  /** The Temporal client, for whatever this class does not do. Another one after an embedded server has moved. */
  get temporal(): Client {
    return this.parts.temporal;
  }

  /** The Web UI, where it is known. */
  get uiUrl(): string | undefined {
    return this.parts.uiUrl;
  }

  /** Where it is connected to. */
  get server(): Server {
    return this.parts.server;
  }

  protected get context(): SessionParts['context'] {
    return this.parts.context;
  }

  /** The address of a task's page in the Web UI; undefined when the UI is not known. */
  pageOf(id: string): string | undefined {
    const { namespace } = this.temporal.options;
    return this.uiUrl && `${this.uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}`;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.renewing;
    await this.temporal.connection.close();
  }

  /**
   * For when the server does not answer: an embedded one that was started again may have another address, and is then
   * connected to. Never rejects; what is still wrong is told by the next call.
   */
  protected renew(): Promise<void> {
    this.renewing ??= this.followEmbedded()
      .catch(() => undefined)
      .finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  /** Asks once more where the server is found to have moved: a wait of hours outlives a restart of `npm start`. */
  protected async wherever<T>(ask: (client: Client, wait: Wait) => Promise<T>, options: WaitOptions): Promise<T> {
    for (const wait = { ...options, beganMs: Date.now() }; ;) {
      const client = this.temporal;
      try {
        return await ask(client, wait);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        if (isOfServer(error)) await this.renew();
        if (client === this.temporal) throw error;
      }
    }
  }

  private async followEmbedded(): Promise<void> {
    const { source, config, server, temporal } = this.parts;
    if (source !== 'embedded' || this.closed) return;
    const address = (await readEmbedded(config))?.temporalAddress;
    if (address === undefined || address === server.address) return;
    this.parts = await openSession({ ...this.options, config, encryption: server.encryption });
    await temporal.connection.close();
  }

  protected get store(): BlobStore {
    return this.context.store;
  }

  /** Made, and its libraries loaded, when it is needed: most calls of a client never talk to the API. */
  protected async upstream(): Promise<Upstream> {
    const { config } = this.parts;
    const emulated = needsEmulator(config);
    const emulatorUrl = emulated ? (await readEmbedded(config))?.emulatorUrl : undefined;
    // Without an address the official client would ask the real API for what the emulator has.
    if (emulated && !emulatorUrl)
      throw new UnreachableError('The answer is in the local emulator, and that does not run.', 'Run `npm start`.');
    const { createUpstream } = await import('../upstream/index.js');
    return createUpstream(upstreamOptions(config, emulatorUrl));
  }
}
