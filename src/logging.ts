/** Logs of a worker: JSON lines on stderr, without prompts or secrets. */
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker';
import { logLine } from './log-line';

/** The words of a failure may be upstream's, which may quote a prompt: they are for who has the keys, and not for logs. */
const shown = (error: unknown): unknown => (error instanceof ApplicationFailure ? (error.type ?? error.name) : error);

/** Attributes are ids and types for the most part; but an id of somebody else's workflow may be anything. */
function write({ level, timestampNanos, message, meta }: LogEntry): void {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const error = meta && 'error' in meta ? { error: shown(meta.error) } : {};
  process.stderr.write(logLine({ ...meta, ...error, time, level, message }));
}

/** Sets up the SDK's runtime of this process; once, before anything of the SDK is used. */
export function installRuntime(level: LogLevel): void {
  Runtime.install({
    logger: new DefaultLogger(level, write),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
    // Signals end the worker gracefully; the default set is what operators expect.
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
}
