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
import { bar, LiveLine, say } from './output';

/** A task that nobody has begun after this time waits for a worker. */
const NO_WORKER_MS = 6_500;
const REFRESH_MS = 1_000;

interface Shown {
  line: LiveLine;
  /** Known from the first look on. */
  kind: StatusReport['kind'];
}

const total = (counts: BatchProgress['counts']): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

function taskLine(view: TaskStatusView): string {
  const seconds = Math.round((Date.now() - Date.parse(view.startedAt)) / 1000);
  const error = view.lastError ? `, last look failed: ${view.lastError}` : '';
  return `${view.taskId}: ${view.status} (${view.phase}), ${seconds} s, ${view.polls} looks${error}`;
}

function batchLine(view: BatchProgress): string {
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

function showView(view: NonNullable<StatusReport['view']>, line: LiveLine): void {
  if ('reportId' in view) return line.show(reportLine(view), view.phase);
  if ('batchId' in view) return line.show(batchLine(view), JSON.stringify(view.counts));
  line.show(taskLine(view), `${view.status} ${view.phase} ${view.lastError ?? ''}`);
}

/** Redraws the status until stopped. Gives up with an `UnreachableError` when no worker ever answered. */
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
    answered ||= Boolean(report?.view);
    if (report?.view) showView(report.view, shown.line);
    if (!answered && Date.now() - startMs > NO_WORKER_MS) {
      throw new UnreachableError(
        `${id} is started and waits: no worker answers on its task queue.`,
        'Run `npm start`; the task begins then, and `wait` can be called again.',
      );
    }
    await sleep(REFRESH_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Waits for `result`, showing how it goes. @throws UnreachableError when no worker answers for 7 s. */
export async function waitFor<T extends TaskResult | BatchResult | ReportResult>(
  client: DurableResponses,
  id: string,
  result: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const shown: Shown = { line: new LiveLine(), kind: 'task' };
  const stop = new AbortController();
  // Each round of a long wait listens to it: that is no leak to be warned of.
  setMaxListeners(0, stop.signal);
  const interrupted = () => {
    shown.line.end();
    say(`Stopped waiting; ${id} goes on. Come back with: ${again([shown.kind, 'wait', id])}`);
    process.exit(1);
  };
  process.once('SIGINT', interrupted);
  try {
    const following = follow(client, id, shown, stop.signal);
    // Whichever is first: the end, or the word that nobody works on it.
    return await Promise.race([result(stop.signal), following.then(() => new Promise<never>(() => undefined))]);
  } finally {
    stop.abort();
    process.removeListener('SIGINT', interrupted);
    shown.line.end();
  }
}
