/** What tasks have left running upstream whose workflow was ended without its cleanup; and its end. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Response } from 'openai/resources/responses/responses';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachedTaskId } from '../names';
import type { Upstream } from '../upstream';
import { isTerminalStatus } from '../upstream/answer';
import { toFault } from '../upstream/failures';
import { boundedTasks, inTurns, type Bounds } from './closed-tasks';
import { executionOf } from './describe';
import { runEvents } from './run-events';
import { detailsOf } from './task-look';
import { traceOf } from './trace';
import { isServerAway, whyUnread } from './unread';
import { isOneOf } from './visibility-query';

/** What may still run upstream, or did. */
export interface Leftover {
  taskId: string;
  runId: string;
  /** How the workflow ended: TERMINATED, TIMED_OUT or FAILED. */
  execution: string;
  closedAt: string | null;
  /** Null when nobody learned it: look for `metadata.task_id`. */
  responseId: string | null;
  /**
   * `to_cancel`: runs; cancelled when the sweep is more than a look. `cancelled`: was cancelled now. `left`: runs, and is
   * not the task's to cancel. `failed`: could not be read or cancelled. `unknown`: a create whose id is not known.
   */
  state: 'to_cancel' | 'cancelled' | 'left' | 'failed' | 'unknown';
  /** More of it, in words. */
  detail: string;
}

export interface SweepReport {
  /** Tasks that ended after this time. */
  since: string;
  /** False for a look only. */
  cancelled: boolean;
  /** Tasks that were ended without their cleanup. */
  tasks: number;
  /** Responses of theirs that had ended by themselves. */
  ended: number;
  /** True when there are more tasks than were read. */
  truncated: boolean;
  leftovers: Leftover[];
}

interface SweepDeps {
  client: Client;
  upstream: Upstream;
  cancel: boolean;
}

type Finding = Pick<Leftover, 'state' | 'detail'>;

const LOST = isOneOf('ExecutionStatus', ['Terminated', 'TimedOut', 'Failed']);
/** Looks after a cancel, half a second apart. */
const SETTLE_LOOKS = 10;

const statusOf = (response: Response): string => String(response.status);

/** After a cancel that was refused too: what a GET says counts. */
async function cancelled(upstream: Upstream, responseId: string): Promise<Finding> {
  const refused = await upstream.cancel(responseId).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  for (let look = 0; look < SETTLE_LOOKS; look++) {
    const status = statusOf(await upstream.retrieve(responseId, []));
    if (isTerminalStatus(status)) return { state: 'cancelled', detail: `cancelled; upstream says ${status}` };
    if (refused) throw refused;
    await sleep(500);
  }
  return { state: 'failed', detail: 'the cancel was accepted, and it still runs' };
}

/** Null when there is nothing to do: it has ended, or is gone. */
async function findingOf({ client, upstream, cancel }: SweepDeps, taskId: string, responseId: string) {
  try {
    const response = await upstream.retrieve(responseId, []);
    const status = statusOf(response);
    if (isTerminalStatus(status)) return null;
    const left = (detail: string): Finding => ({ state: 'left', detail: `${status}; ${detail}` });
    // What was attached to belongs to somebody else.
    if (response.metadata?.task_id !== taskId) return left('it was not created by this task');
    const watcher = attachedTaskId(responseId);
    if ((await executionOf(client, watcher)) === 'RUNNING') return left(`${watcher} watches it`);
    return cancel ? await cancelled(upstream, responseId) : ({ state: 'to_cancel', detail: status } satisfies Finding);
  } catch (error) {
    const fault = toFault(error, Date.now(), upstream.secrets);
    if (fault.type === 'Upstream.NotFound') return null;
    return { state: 'failed', detail: `${fault.type}: ${fault.message}` } satisfies Finding;
  }
}

interface Swept {
  leftovers: Leftover[];
  ended: number;
}

const aboutOf = ({ workflowId: taskId, runId, status, closeTime }: WorkflowExecutionInfo) => {
  return { taskId, runId, execution: status.name, closedAt: closeTime?.toISOString() ?? null };
};

async function sweepRun(deps: SweepDeps, run: WorkflowExecutionInfo): Promise<Swept> {
  const { client } = deps;
  const { workflowId: taskId, runId } = run;
  const newest = await client.workflow.getHandle(taskId).describe();
  // A reset ends a run as terminated, and goes on with its response in another one.
  if (newest.runId !== runId) return { leftovers: [], ended: 0 };
  // Of activities that were under way at the end, where the server still has them.
  const underWay = newest.raw.pendingActivities ?? [];
  const [events, heartbeats] = await Promise.all([
    runEvents(client, taskId, runId),
    Promise.all(underWay.map((activity) => detailsOf(client, activity))),
  ]);
  const { responseIds, lost } = traceOf(events, heartbeats.flat());
  const about = aboutOf(run);
  const found = await Promise.all(
    responseIds.map(async (responseId) => ({ responseId, finding: await findingOf(deps, taskId, responseId) })),
  );
  const known = found.flatMap(({ responseId, finding }) => (finding ? [{ ...about, responseId, ...finding }] : []));
  const unknown = lost.map(({ attempt, reason }) => {
    const detail = `create ${attempt}: ${reason}; look for metadata.task_id and metadata.attempt`;
    return { ...about, responseId: null, state: 'unknown' as const, detail };
  });
  return { leftovers: [...known, ...unknown], ended: found.length - known.length };
}

function unreadable(run: WorkflowExecutionInfo, error: unknown): Swept {
  const detail = `could not be read: ${whyUnread(error)}`;
  return { leftovers: [{ ...aboutOf(run), responseId: null, state: 'failed', detail }], ended: 0 };
}

/** One that cannot be read is named, and the others are swept: what was cancelled until then must be told. */
function sweepAll(deps: SweepDeps, runs: WorkflowExecutionInfo[]): Promise<Swept[]> {
  let away: unknown;
  return inTurns(runs, async (run) => {
    if (away !== undefined) return unreadable(run, away);
    try {
      return await sweepRun(deps, run);
    } catch (error) {
      if (isServerAway(error)) away = error;
      return unreadable(run, error);
    }
  });
}

/**
 * Looks through tasks that were terminated, timed out as workflows, or failed: no cleanup ran, so their responses may
 * still run and cost money. Their ids are read from the histories; what they are now, a GET says.
 *
 * @param cancel Also cancels what runs and was created by such a task.
 */
export async function sweep(
  client: Client,
  upstream: Upstream,
  { cancel, ...bounds }: Bounds & { cancel: boolean },
): Promise<SweepReport> {
  const { runs, since, truncated } = await boundedTasks(client, bounds, 'CloseTime', LOST);
  const swept = await sweepAll({ client, upstream, cancel }, runs);
  return {
    since,
    cancelled: cancel,
    tasks: runs.length,
    ended: swept.reduce((sum, { ended }) => sum + ended, 0),
    truncated,
    leftovers: swept.flatMap(({ leftovers }) => leftovers),
  };
}
