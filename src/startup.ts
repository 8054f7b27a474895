/** Ctrl-C and SIGTERM while a program starts: the SDK keeps them for a worker that does not run yet. */
import { onAbort } from './embedded/processes';

/** A program was told to stop before it did what it was started for. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';

  constructor() {
    super('Stopped before it had started.');
  }
}

export interface Startup {
  /** Aborted with a `StoppedError` by the first signal. */
  signal: AbortSignal;
  /** The work's end, or a `StoppedError` as soon as a signal comes; whatever the work then still does is not waited for. */
  orStopped<T>(work: Promise<T>): Promise<T>;
  /** From here on signals are for somebody else. */
  over(): void;
}

/**
 * Listens until `over`. More signals than one change nothing: npm passes on what the terminal has sent already.
 *
 * @param onStop Told at the first signal.
 */
export function beginStartup(onStop: () => void): Startup {
  const stop = new AbortController();
  const { signal } = stop;
  const listener = () => stop.abort(new StoppedError());
  onAbort(signal, onStop);
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, listener);
  const stopped = () => new Promise<never>((_, reject) => void onAbort(signal, () => reject(new StoppedError())));
  return {
    signal,
    orStopped: (work) => Promise.race([work, stopped()]),
    over: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
