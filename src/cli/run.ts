/** Every command: connect, do it, close, and an exit code that tells the truth. */
import { DurableResponses } from '../client';
import { loadConfig } from '../config';
import { TaskEndedError, UnreachableError, UsageError } from '../errors';
import { redact } from '../security/redact';
import { EXIT, say } from './output';

/** With the start of the program, an exit within ten seconds. */
const CONNECT_DEADLINE_MS = 8_000;

/** Runs the body of a command with a client; gives nothing, sets the exit code. */
export type Run = (body: (client: DurableResponses) => Promise<number>) => Promise<void>;

/** What an error means to the caller's shell; says what happened and what to do. */
export function report(error: unknown): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) say(`error: ${problem}`);
    return EXIT.usage;
  }
  if (error instanceof UnreachableError) {
    say(`error: ${error.message}\n  ${error.hint}`);
    return EXIT.unreachable;
  }
  say(`error: ${redact(error instanceof Error ? error.message : String(error))}`);
  return error instanceof TaskEndedError ? EXIT.otherwise : EXIT.unreachable;
}

export const run: Run = async (body) => {
  let client: DurableResponses | undefined;
  try {
    client = await DurableResponses.connect({ config: loadConfig(), deadlineMs: CONNECT_DEADLINE_MS });
    process.exitCode = await body(client);
  } catch (error) {
    process.exitCode = report(error);
  } finally {
    await client?.close();
  }
};
