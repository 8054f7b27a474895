/** One worker for all tests of a file: starting one takes a second. For files in which no test needs that there is none. */
import type { World } from './world';

interface Kept {
  started: Promise<void>;
  ended: Promise<void>;
  end: () => void;
}

function beginIn(world: World): Kept {
  let end: () => void = () => undefined;
  let ended: Promise<void> = Promise.resolve();
  const started = new Promise<void>((resolve, reject) => {
    ended = world.withWorker(() => new Promise<void>((stop) => resolve(void (end = stop))));
    ended.catch(reject);
  });
  return { started, ended, end: () => end() };
}

/**
 * The same world, whose `withWorker` leaves its worker running for the next test, until `close`. One with activities of
 * its own runs alone, and ends with its body.
 */
export function keepingWorker(world: World): World {
  let kept: Kept | undefined;
  const stop = async (): Promise<void> => {
    const last = kept;
    kept = undefined;
    last?.end();
    await last?.ended;
  };
  return {
    ...world,
    withWorker: async (body, activities) => {
      if (activities) {
        await stop();
        return world.withWorker(body, activities);
      }
      kept ??= beginIn(world);
      await kept.started;
      // One that fails must not leave the test waiting.
      const stopped = kept.ended.then(() => Promise.reject(new Error('The worker has stopped.')));
      return Promise.race([body(), stopped]);
    },
    close: async () => {
      await stop();
      await world.close();
    },
  };
}
