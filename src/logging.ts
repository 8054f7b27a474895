/** Logs of a worker: JSON lines on stderr, without prompts or secrets. */
import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker';
import { redact } from './security/redact';

/** One JSON object a line. Attributes are ids and types only; messages are redacted. */
function logLine({ level, timestampNanos, message, meta }: LogEntry): void {
  const { error, ...rest } = meta ?? {};
  const reason = error instanceof Error ? { error: redact(error.message) } : {};
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  process.stderr.write(`${JSON.stringify({ time, level, message: redact(message), ...rest, ...reason })}\n`);
}

/** Sets up the SDK's runtime of this process; once, before anything of the SDK is used. */
export function installRuntime(level: LogLevel): void {
  Runtime.install({
    logger: new DefaultLogger(level, logLine),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
    // Signals end the worker gracefully; the default set is what operators expect.
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
}
