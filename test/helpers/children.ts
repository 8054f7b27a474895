/** Processes that a test starts: none outlives the file, however the test ended. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeAfterFile } from './leftovers';

/** Ends it, if it still runs, and waits until it has. */
export async function endChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Ends it after the file's own hooks, should it still run then: a test that is cut off never comes to its `finally`. */
export function endedWithFile<T extends ChildProcess>(child: T): T {
  closeAfterFile(() => endChild(child, 'SIGKILL'));
  return child;
}
