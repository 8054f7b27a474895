/** `task watch`: progress and text, live. Ctrl-C ends the watching, never the task. */
import type { Command } from 'commander';
import type { DurableResponses } from '../client';
import { executionOf } from '../client/describe';
import type { TaskResult } from '../contracts';
import { again } from './again';
import { assertId } from './options';
import { say } from './output';
import type { Run } from './run';
import { exitCodeOf, showEnd } from './task-result';
import { viewerOf } from './viewers';
import { NO_WORKER_MS, noWorker, whenLeft } from './wait';

interface Watched {
  /** Null when it was left before. */
  result: TaskResult | null;
  /** A worker, or upstream, has said something. */
  answered: boolean;
  /** Why it was left, other than for want of a worker: the exit code. */
  left: number | null;
}

interface WatchFlags {
  json?: boolean;
  noWorkerMs?: number;
}

async function follow(client: DurableResponses, id: string, flags: WatchFlags): Promise<Watched> {
  const { json, noWorkerMs = NO_WORKER_MS } = flags;
  const watched: Watched = { result: null, answered: false, left: null };
  const stop = new AbortController();
  const giveUp = async () => {
    if (watched.answered) return;
    // Of what has ended the answer may be on its way for longer than that. A server that is away is for `tail` to tell.
    const execution = await executionOf(client.temporal, id).catch(() => null);
    if (!watched.answered && execution === 'RUNNING') stop.abort();
  };
  const timer = setTimeout(() => void giveUp(), noWorkerMs);
  const stay = whenLeft((code) => {
    watched.left ??= code;
    stop.abort();
  });
  const viewer = viewerOf(id, json);
  try {
    for await (const event of client.tail(id, { signal: stop.signal })) {
      viewer.show(event);
      watched.answered ||= event.kind !== 'status' || event.phase !== null;
      if (event.kind === 'end') watched.result = event.result;
    }
    return watched;
  } finally {
    viewer.close();
    clearTimeout(timer);
    stay();
  }
}

/**
 * @returns The exit code; that of a reader who has seen enough (`| head`) tells of no error.
 * @throws UnreachableError when it runs and no worker answers for 7 s.
 */
export async function watch(client: DurableResponses, id: string, flags: WatchFlags): Promise<number> {
  const { result, left } = await follow(client, id, flags);
  if (result) {
    if (!flags.json) showEnd(result);
    return exitCodeOf(result);
  }
  if (left === null) throw noWorker(id, 'watch');
  say(`Stopped watching; ${id} goes on. Come back with: ${again(['task', 'watch', id])}`);
  return left;
}

export function addWatch(task: Command, run: Run): void {
  task
    .command('watch <id>')
    .description('show progress and text live, to the end')
    .option('--json', 'an event on each line')
    .action((id: string, flags: WatchFlags) => {
      assertId(id);
      return run((client) => watch(client, id, flags));
    });
}
