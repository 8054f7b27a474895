/** Every command: connect, do it, close, and an exit code that tells the truth. */
import { isGrpcServiceError } from '@temporalio/client';
import { DurableResponses } from '../client';
import { loadConfig, type Config } from '../config';
import { isOfServer } from '../connection';
import { UnreachableError, UsageError } from '../errors';
import { MissingKeyError } from '../security/key-ring';
import { redact } from '../security/redact';
import { EXIT, say } from './output';

/** With the start of the program, an exit within ten seconds. */
const CONNECT_DEADLINE_MS = 6_000;

/** Runs the body of a command with a client; gives nothing, sets the exit code. */
export type Run = (body: (client: DurableResponses) => Promise<number>) => Promise<void>;

/** The client library wraps what the server said: `Failed to start Workflow` alone helps nobody. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const reason = isGrpcServiceError(cause) ? cause.details : cause instanceof Error ? cause.message : '';
  return redact(reason && !error.message.includes(reason) ? `${error.message}: ${reason}` : error.message);
}

/**
 * What an error means to the caller's shell; says what happened and what to do.
 *
 * @param config With a log level of DEBUG, the stack of what was not foreseen is shown too.
 */
export function report(error: unknown, config?: Config): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) say(`error: ${problem}`);
    return EXIT.usage;
  }
  if (error instanceof UnreachableError) {
    say(`error: ${error.message}\n  ${error.hint}`);
    return EXIT.unreachable;
  }
  if (error instanceof MissingKeyError) {
    say(`error: ${error.message}`);
    return EXIT.usage;
  }
  say(`error: ${messageOf(error)}`);
  if (config && /DEBUG|TRACE/.test(config.logLevel) && error instanceof Error) showStack(error);
  return isOfServer(error) ? EXIT.unreachable : EXIT.otherwise;
}

/** Line by line, since redacting makes one line of many. */
function showStack(error: Error): void {
  const [, ...frames] = (error.stack ?? '').split('\n');
  for (const frame of frames) say(`  ${redact(frame)}`);
}

export const run: Run = async (body) => {
  let client: DurableResponses | undefined;
  let config: Config | undefined;
  try {
    config = loadConfig();
    client = await DurableResponses.connect({ config, deadlineMs: CONNECT_DEADLINE_MS });
    process.exitCode = await body(client);
  } catch (error) {
    process.exitCode = report(error, config);
  } finally {
    await client?.close();
  }
};
