/** A second worker in the same process, for the activity that follows streams: it holds a slot for a whole run. */
import type { WorkerPlugin } from '@temporalio/worker';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { DEFAULT_TASK_QUEUE, streamsTaskQueue } from './names';

/** Streams that one worker follows at once. */
export const DEFAULT_MAX_STREAMS = 200;

/** The options of the worker for streams, beside a worker with these `options`. */
function streamsOptions(options: WorkerOptions, maxStreams: number): WorkerOptions {
  // It runs no workflows, and slots of another kind are not for it.
  const none = { workflowsPath: undefined, workflowBundle: undefined, tuner: undefined, maxCachedWorkflows: undefined };
  return {
    ...options,
    ...none,
    maxConcurrentWorkflowTaskExecutions: undefined,
    taskQueue: streamsTaskQueue(options.taskQueue ?? DEFAULT_TASK_QUEUE),
    maxConcurrentActivityTaskExecutions: maxStreams,
    // Nothing is lost when a reader is told to stop at once: the next one goes on after it.
    shutdownGraceTime: 0,
  };
}

function stop(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** Waits for all, also after one has failed: what they share may then be closed. */
async function allOf(running: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(running)) if (result.status === 'rejected') throw result.reason;
}

async function runBoth(main: Worker, running: Promise<void>, options: WorkerOptions): Promise<void> {
  const streams = await Worker.create(options).catch((error: unknown) => {
    stop(main);
    throw error;
  });
  // It may be over already: then the other one ends as soon as it has begun.
  const ended = running.finally(() => stop(streams));
  const streaming = streams.run().finally(() => stop(main));
  if (main.getState() !== 'RUNNING') stop(streams);
  await allOf([ended, streaming]);
}

/** Makes the worker that is run run another one beside itself; whichever ends takes the other with it. */
export function besideStreams(options: WorkerOptions, maxStreams: number): WorkerPlugin {
  return {
    name: 'durable-responses-streams',
    runWorker: async (main, next) => {
      // First: a program may end it right away, and it has to be running for that.
      const running = next(main);
      await allOf([running, runBoth(main, running, streamsOptions(options, maxStreams))]);
    },
  };
}
