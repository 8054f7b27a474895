/** How a program of this package ends with an error: what happened and what to do on stderr, and an exit code. */
import { messageOf, UnreachableError, UsageError } from './errors';
import { redact } from './security/redact';

/** Says it. Gives 2 for a wrong setting, 3 for what cannot be reached, else 1. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  const text = messageOf(error);
  const lines = error instanceof UnreachableError ? [text, error.hint] : [text];
  process.stderr.write(`${lines.map((line) => redact(line)).join('\n')}\n`);
  return error instanceof UsageError ? 2 : error instanceof UnreachableError ? 3 : 1;
}
