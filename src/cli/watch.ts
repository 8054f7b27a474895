/** `task watch`: progress and text, live. Ctrl-C ends the watching, never the task. */
import type { Command } from 'commander';
import type { DurableResponses } from '../client';
import type { TaskResult } from '../contracts';
import { again } from './again';
import { assertId } from './options';
import { EXIT, say } from './output';
import type { Run } from './run';
import { exitCodeOf, showEnd } from './task-result';
import { viewerOf } from './viewers';
import { NO_WORKER_MS, noWorker } from './wait';

interface Watched {
  /** Null when it was left before. */
  result: TaskResult | null;
  /** A worker, or upstream, has said something. */
  answered: boolean;
  interrupted: boolean;
}

async function follow(client: DurableResponses, id: string, json: boolean | undefined): Promise<Watched> {
  const watched: Watched = { result: null, answered: false, interrupted: false };
  const stop = new AbortController();
  const interrupted = () => {
    watched.interrupted = true;
    stop.abort();
  };
  const timer = setTimeout(() => {
    if (!watched.answered) stop.abort();
  }, NO_WORKER_MS);
  process.once('SIGINT', interrupted);
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
    process.removeListener('SIGINT', interrupted);
  }
}

/** @throws UnreachableError when no worker answers for 7 s. */
async function watch(client: DurableResponses, id: string, json: boolean | undefined): Promise<number> {
  const { result, interrupted } = await follow(client, id, json);
  if (result) {
    if (!json) showEnd(result);
    return exitCodeOf(result);
  }
  if (!interrupted) throw noWorker(id, 'watch');
  say(`Stopped watching; ${id} goes on. Come back with: ${again(['task', 'watch', id])}`);
  return EXIT.otherwise;
}

export function addWatch(task: Command, run: Run): void {
  task
    .command('watch <id>')
    .description('show progress and text live, to the end')
    .option('--json', 'an event on each line')
    .action((id: string, { json }: { json?: boolean }) => {
      assertId(id);
      return run((client) => watch(client, id, json));
    });
}
