/** Errors a caller of the library or the command line meets. Failures inside workflows are in `upstream/failures.ts`. */

/** Something this program needs cannot be reached (Temporal, a worker, upstream). The command line exits with 3. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  /** @param hint What to do about it. */
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Bad input, refused before anything was started or paid. The command line exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** @param problems One line each: the place (line, field), what is wrong, and what to write instead. */
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
  }
}

/** A task, batch or report whose workflow was ended by other means than its own: terminated, timed out, or failed. */
export class TaskEndedError extends Error {
  override readonly name = 'TaskEndedError';

  constructor(
    readonly id: string,
    /** Why the workflow ended, in the server's words. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${id} ended without a result: ${reason}. A response it had started may still run upstream: ` +
        '`sweep` finds and cancels it. Do that before you start it again under another id.',
      options,
    );
  }
}

/** What was thrown, in words, whatever it is. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A file of results could not be written: a full disk, a folder that is not there. What was there before still is. */
export class UnwrittenFileError extends Error {
  override readonly name = 'UnwrittenFileError';

  constructor(path: string, cause: unknown) {
    super(`${path}: cannot be written (${messageOf(cause)})`, { cause });
  }
}
