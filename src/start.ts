/** `npm start`: the embedded services where nothing else is configured, and a worker until Ctrl-C. */
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, type LogEntry } from '@temporalio/worker';
import { loadConfig, secretFromEnv, type Config } from './config';
import { configuredTemporal, connectClient, ensureSearchAttributes } from './connection';
import { holdEmbedded, type EmbeddedHold } from './embedded';
import { UnreachableError, UsageError } from './errors';
import { redact } from './security/redact';
import type { UpstreamOptions } from './upstream';
import { createWorker } from './worker';

/** One JSON object a line. Attributes are ids and types only; messages are redacted. */
function logLine({ level, timestampNanos, message, meta }: LogEntry): void {
  const { error, ...rest } = meta ?? {};
  const reason = error instanceof Error ? { error: redact(error.message) } : {};
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  process.stderr.write(`${JSON.stringify({ time, level, message: redact(message), ...rest, ...reason })}\n`);
}

function installRuntime(config: Config): void {
  Runtime.install({
    logger: new DefaultLogger(config.logLevel, logLine),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
    // Signals end the worker gracefully; the default set is what operators expect.
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
}

/** Where responses are created: the API when there is a key, else the emulator. */
export function upstreamOptions(config: Config, emulatorUrl: string | undefined): UpstreamOptions {
  const { apiKey, baseUrl, organization, project } = config.openai;
  if (apiKey) return { apiKey, baseURL: baseUrl, organization, project };
  return { apiKey: 'sk-emulator', baseURL: baseUrl ?? emulatorUrl };
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function announce(config: Config, hold: EmbeddedHold | undefined, address: string): void {
  if (!config.openai.apiKey) tell('No OPENAI_API_KEY: using the local emulator, answers are synthetic.');
  if (hold?.uiUrl) tell(`Web UI: ${hold.uiUrl}`);
  tell(
    `Worker on ${address}, task queue "${config.taskQueue}". Ctrl-C stops it; tasks go on when it is started again.`,
  );
}

async function serve(config: Config): Promise<void> {
  const needs = {
    temporal: configuredTemporal(config) === undefined,
    emulator: !config.openai.apiKey && !config.openai.baseUrl,
  };
  const lost = (reason: string) => {
    tell(`${reason} Stopping.`);
    process.exitCode = 3;
    process.kill(process.pid, 'SIGTERM');
  };
  const hold =
    needs.temporal || needs.emulator
      ? await holdEmbedded(config, { ...needs, onNotice: tell, onLost: lost })
      : undefined;
  try {
    const { connection: client, connectionOptions, namespace, address } = await connectClient(config);
    const attributes = await ensureSearchAttributes(client, namespace);
    if (attributes !== 'ready')
      tell(`Search attributes missing (${attributes.missing.join(', ')}): ${attributes.reason}`);
    await client.close();
    const connection = await NativeConnection.connect(connectionOptions);
    try {
      const worker = await createWorker({
        connection,
        namespace,
        taskQueue: config.taskQueue,
        openai: upstreamOptions(config, hold?.emulatorUrl),
        secrets: secretFromEnv,
        maxActivities: config.maxActivities,
        maxCachedWorkflows: config.maxCachedWorkflows,
      });
      announce(config, hold, address);
      await worker.run();
    } finally {
      await connection.close();
    }
  } finally {
    await hold?.release();
  }
}

async function main(): Promise<void> {
  const config = loadConfig();
  installRuntime(config);
  await serve(config);
}

if (require.main === module) {
  main().then(
    () => process.exit(),
    (error: unknown) => {
      if (error instanceof UnreachableError) tell(`${error.message}\n${error.hint}`);
      else tell(error instanceof Error ? redact(error.message) : String(error));
      process.exit(error instanceof UsageError ? 2 : error instanceof UnreachableError ? 3 : 1);
    },
  );
}
