/** Logs of a worker: JSON lines on stderr, without prompts or secrets. */
import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker';
import { logLine } from './log-line';

/** Attributes are ids and types for the most part; but an id of somebody else's workflow may be anything. */
function write({ level, timestampNanos, message, meta }: LogEntry): void {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  process.stderr.write(logLine({ ...meta, time, level, message }));
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
