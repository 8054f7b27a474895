/** Waiting in a terminal. Ctrl-C ends the waiting, never the task. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableResponses, StatusReport } from '../client';
import type {
  BatchProgress,
  BatchResult,
  ReportProgress,
  ReportResult,
  TaskResult,
  TaskStatusView,
} from '../contracts';
import { UnreachableError } from '../errors';
import { again } from './again';
import { bar, EXIT, LiveLine, say } from './output';

/** A task that nobody has begun after this time waits for a worker. */
export const NO_WORKER_MS = 6_500;
const REFRESH_MS = 1_000;

/** Where the views of a wait are shown. */
export interface Display {
  show(view: NonNullable<StatusReport['view']>): void | Promise<void>;
  /** Leaves the terminal as it should be. */
  end(): void;
}

interface Shown {
  display: Display;
  verb: 'wait' | 'watch';
  noWorkerMs: number;
  /** Known from the first look on. */
  kind: StatusReport['kind'];
}

const total = (counts: BatchProgress['counts']): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

function taskLine(view: TaskStatusView): string {
  const seconds = Math.round((Date.now() - Date.parse(view.startedAt)) / 1000);
  const error = view.lastError ? `, last look failed: ${view.lastError}` : '';
  return `${view.taskId}: ${view.status} (${view.phase}), ${seconds} s, ${view.polls} looks${error}`;
}

export function batchLine(view: BatchProgress): string {
  const done = total(view.counts);
  const counts = Object.entries(view.counts).map(([status, count]) => `${count} ${status}`);
  const left = view.secondsLeft === null ? '' : `, about ${view.secondsLeft} s left`;
  return `${bar(done, view.total)} ${done}/${view.total} ${[`${view.running} running`, ...counts].join(', ')}${left}`;
}

function reportLine(view: ReportProgress): string {
  const seconds = Math.round((Date.now() - Date.parse(view.startedAt)) / 1000);
  const files = view.artifacts > 0 ? `, ${view.artifacts} files saved` : '';
  return `${view.reportId}: ${view.phase}, ${seconds} s, ${view.uploaded} of ${view.sources} sources uploaded${files}`;
}

function lineDisplay(): Display {
  const line = new LiveLine();
  return {
    show: (view) => {
      if ('reportId' in view) return line.show(reportLine(view), view.phase);
      if ('batchId' in view) return line.show(batchLine(view), JSON.stringify(view.counts));
      line.show(taskLine(view), `${view.status} ${view.phase} ${view.lastError ?? ''}`);
    },
    end: () => line.end(),
  };
}

export const noWorker = (id: string, verb: 'wait' | 'watch'): UnreachableError =>
  new UnreachableError(
    `${id} is started and waits: no worker answers on its task queue.`,
    `Run \`npm start\`; the task begins then, and \`${verb}\` can be called again.`,
  );

/**
 * Calls `leave` with the exit code when nobody wants to see more: Ctrl-C, or a standard output that nobody reads.
 *
 * @returns Ends that.
 */
export function whenLeft(leave: (code: number) => void): () => void {
  const interrupted = () => leave(EXIT.otherwise);
  // A reader that has seen enough (`| head`) is no error. Any other error of it ends the process: see `cli.ts`.
  const unread = () => leave(EXIT.completed);
  process.once('SIGINT', interrupted);
  process.stdout.once('error', unread);
  return () => {
    process.removeListener('SIGINT', interrupted);
    process.stdout.removeListener('error', unread);
  };
}

/** Redraws the status until stopped. Gives up with an `UnreachableError` when it runs and no worker ever answered. */
async function follow(client: DurableResponses, id: string, shown: Shown, signal: AbortSignal): Promise<void> {
  const startMs = Date.now();
  let answered = false;
  while (!signal.aborted) {
    const report = await client.status(id).catch((error: unknown) => {
      // Once it worked, what shows how it goes must not end a wait of hours: a restart of the server is no news.
      if (!answered) throw error;
    });
    if (signal.aborted) return;
    shown.kind = report?.kind ?? shown.kind;
    // What has ended needs no worker: its answer may be large, and on its way for longer than that.
    answered ||= report ? report.view !== null || report.execution !== 'RUNNING' : false;
    if (report?.view) await shown.display.show(report.view);
    if (!answered && Date.now() - startMs > shown.noWorkerMs) throw noWorker(id, shown.verb);
    await sleep(REFRESH_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Waits for `result`, showing how it goes. Ctrl-C, or a standard output that nobody reads any more, ends the process.
 *
 * @throws UnreachableError when it runs and no worker answers for 7 s.
 */
export async function waitFor<T extends TaskResult | BatchResult | ReportResult>(
  client: DurableResponses,
  id: string,
  result: (signal: AbortSignal) => Promise<T>,
  { display = lineDisplay(), verb = 'wait', noWorkerMs = NO_WORKER_MS }: Partial<Omit<Shown, 'kind'>> = {},
): Promise<T> {
  const shown: Shown = { display, verb, noWorkerMs, kind: 'task' };
  const stop = new AbortController();
  // Each round of a long wait listens to it: that is no leak to be warned of.
  setMaxListeners(0, stop.signal);
  const stay = whenLeft((code) => {
    display.end();
    say(`Stopped ${verb}ing; ${id} goes on. Come back with: ${again([shown.kind, verb, id])}`);
    process.exit(code);
  });
  try {
    const following = follow(client, id, shown, stop.signal);
    // Whichever is first: the end, or the word that nobody works on it.
    return await Promise.race([result(stop.signal), following.then(() => new Promise<never>(() => undefined))]);
  } finally {
    stop.abort();
    stay();
    display.end();
  }
}
