/** `npm start`: the embedded services where nothing else is configured, a worker, and with `--webhook` the receiver. */
import type { NativeConnection } from '@temporalio/worker';
import { parseArgs } from 'node:util';
import { loadConfig, secretFromEnv, type Config } from './config';
import { configuredTemporal, connectClient, ensureSearchAttributes, type ConnectedTemporal } from './connection';
import { holdEmbedded, type EmbeddedHold } from './embedded';
import { messageOf, UsageError } from './errors';
import { exitCodeOf } from './exit-code';
import { installRuntime } from './logging';
import { secretsInFolder } from './secrets/folder';
import { beginStartup, StoppedError, type Startup } from './startup';
import { needsEmulator, upstreamOptions } from './upstream';
import { openReceiver } from './webhook/serve';
import { createWorker } from './worker';
import { connectWorker } from './worker-connection';

/** Who starts a worker against a wrong address should know within ten seconds: the client's share, and that of both. */
const CLIENT_DEADLINE_MS = 6_000;
const CONNECT_DEADLINE_MS = 9_000;

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function announce(config: Config, hold: EmbeddedHold | undefined, address: string): void {
  if (config.encryption.off) tell('Encryption is off: prompts and answers are readable on the Temporal server.');
  if (needsEmulator(config)) tell('No OPENAI_API_KEY: using the local emulator, answers are synthetic.');
  if (hold?.uiUrl) tell(`Web UI: ${hold.uiUrl}`);
  tell(
    `Worker on ${address}, task queue "${config.taskQueue}". Ctrl-C stops it; tasks go on when it is started again.`,
  );
}

function holdServices(config: Config, signal: AbortSignal): Promise<EmbeddedHold> | undefined {
  const needs = { temporal: configuredTemporal(config) === undefined, emulator: needsEmulator(config) };
  const onLost = (reason: string) => {
    tell(`${reason} Stopping.`);
    process.exitCode = 3;
    process.kill(process.pid, 'SIGTERM');
  };
  return needs.temporal || needs.emulator
    ? holdEmbedded(config, { ...needs, onNotice: tell, onLost, signal })
    : undefined;
}

/** The worker that a configuration describes. */
export const workerOptions = (
  config: Config,
  { namespace, encryption, store }: Pick<ConnectedTemporal, 'namespace' | 'encryption' | 'store'>,
  connection: NativeConnection,
  emulatorUrl?: string,
) => ({
  connection,
  namespace,
  encryption,
  taskQueue: config.taskQueue,
  openai: upstreamOptions(config, emulatorUrl),
  // A folder is the whole of it: with one, no task can name a variable of this process.
  secrets: config.secretsDir === undefined ? secretFromEnv : secretsInFolder(config.secretsDir),
  store,
  maxRequestBytes: config.maxRequestBytes,
  limits: config.limits,
  maxActivities: config.maxActivities,
  maxStreams: config.maxStreams,
  maxCachedWorkflows: config.maxCachedWorkflows,
});

async function runWorker(config: Config, hold: EmbeddedHold | undefined, startup: Startup): Promise<void> {
  const endMs = Date.now() + CONNECT_DEADLINE_MS;
  const server = await connectClient(config, { deadlineMs: CLIENT_DEADLINE_MS });
  const { namespace, address } = server;
  const attributes = await ensureSearchAttributes(server.connection, namespace);
  if (attributes !== 'ready')
    tell(`Search attributes missing (${attributes.missing.join(', ')}): ${attributes.reason}`);
  await server.connection.close();
  const connection = await connectWorker(server, endMs);
  try {
    const worker = await createWorker(workerOptions(config, server, connection, hold?.emulatorUrl));
    startup.signal.throwIfAborted();
    announce(config, hold, address);
    startup.over();
    await worker.run();
  } finally {
    await connection.close();
  }
}

async function serve(config: Config, withWebhook: boolean, hold: EmbeddedHold | undefined, startup: Startup) {
  const receiver = withWebhook ? await openReceiver(config, hold?.emulatorUrl) : undefined;
  if (receiver) tell(`Webhooks: ${receiver.url}`);
  try {
    await runWorker(config, hold, startup);
  } finally {
    await receiver?.close();
  }
}

function wantsWebhook(): boolean {
  try {
    return parseArgs({ options: { webhook: { type: 'boolean', default: false } } }).values.webhook;
  } catch (error) {
    throw new UsageError([`${messageOf(error)} Known: --webhook`]);
  }
}

async function main(): Promise<void> {
  const withWebhook = wantsWebhook();
  const config = loadConfig();
  const startup = beginStartup(() => tell('Stopping.'));
  installRuntime(config.logLevel);
  try {
    const hold = await holdServices(config, startup.signal);
    try {
      await startup.orStopped(serve(config, withWebhook, hold, startup));
    } finally {
      await hold?.release();
    }
  } catch (error) {
    // What it was told to do; one that came because the servers were lost has set its own code.
    if (!(error instanceof StoppedError)) throw error;
  }
}

if (require.main === module) {
  main().then(
    () => process.exit(),
    (error: unknown) => process.exit(exitCodeOf(error)),
  );
}
