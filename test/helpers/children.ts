/** Processes that a test starts: none outlives the file, however the test ended. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';

const alive = new Set<ChildProcess>();

// A test that is cut off by its timeout never comes to its own `finally`.
afterAll(async () => {
  await Promise.all(
    [...alive].map(async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }),
  );
});

/** Ends it after the file's own hooks, should it still run then. */
export function endedWithFile<T extends ChildProcess>(child: T): T {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return child;
}
