/** From an event to its task. What the event says is a hint: the truth is the GET that is made here, and the task's own. */
import type { Response } from 'openai/resources/responses/responses';
import type { TaskStatusView } from '../contracts';
import { attachedTaskId } from '../names';
import { isTerminalStatus, toFault, type Upstream } from '../upstream';
import type { Outcome } from './counts';
import type { ResponseEvent } from './event';
import type { FoundTask, Tasks } from './tasks';

/** Not now: whoever sent the message should send it again. */
export class SendAgain extends Error {
  override readonly name = 'SendAgain';
}

export interface TellDeps {
  upstream: Pick<Upstream, 'retrieve' | 'cancel' | 'secrets'>;
  tasks: Tasks;
  /** What becomes of a response that runs and that no task wants. */
  orphans: 'cancel' | 'keep';
}

/** What a GET says of a response, and of the create that it says to come from. */
interface Heard {
  responseId: string;
  hasEnded: boolean;
  /** `metadata.task_id`; null when there is none. */
  taskId: string | null;
  /** `metadata.attempt`; 0 when there is none, which no create of ours has. */
  attempt: number;
}

export interface Told {
  outcome: Outcome;
  taskId: string | null;
}

/** Null when upstream knows no such response. @throws SendAgain */
async function hear({ upstream }: TellDeps, responseId: string): Promise<Heard | null> {
  try {
    const response = await upstream.retrieve(responseId, []);
    const metadata: Record<string, unknown> = (response as Partial<Response>).metadata ?? {};
    const { task_id: taskId, attempt } = metadata;
    return {
      responseId,
      hasEnded: isTerminalStatus(String(response.status)),
      taskId: typeof taskId === 'string' ? taskId : null,
      attempt: typeof attempt === 'string' && /^\d{1,9}$/.test(attempt) ? Number(attempt) : 0,
    };
  } catch (error) {
    const fault = toFault(error, Date.now(), upstream.secrets);
    if (fault.type === 'Upstream.NotFound') return null;
    throw new SendAgain(
      `The response could not be read: ${fault.type}, ${fault.code ?? fault.httpStatus ?? 'no answer'}`,
    );
  }
}

/** Of a task that has ended, or has another response: nobody waits for this one. */
async function settleOrphan(deps: TellDeps, task: FoundTask, heard: Heard, isAttached: boolean): Promise<Outcome> {
  if (task.isRunning) await deps.tasks.offer(task, heard);
  if (heard.hasEnded) return 'orphan_named';
  if (isAttached || deps.orphans === 'keep') return 'orphan_kept';
  await deps.upstream.cancel(heard.responseId).catch((error: unknown) => {
    const fault = toFault(error, Date.now(), deps.upstream.secrets);
    throw new SendAgain(
      `The orphan could not be cancelled: ${fault.type}, ${fault.code ?? fault.httpStatus ?? 'no answer'}`,
    );
  });
  return 'orphan_cancelled';
}

/** Its own response is looked at once a GET shows the end: a look before that would find nothing. */
async function tellOwner({ tasks }: TellDeps, task: FoundTask, heard: Heard, event: ResponseEvent): Promise<Outcome> {
  if (!task.isRunning) return 'task_ended';
  if (!heard.hasEnded && event.saysEnd) throw new SendAgain('A GET does not show the end yet.');
  return (await tasks.look(task)) ? 'told' : 'task_ended';
}

/** The task must have lost just this create: another response with its id may be anybody's, and is left alone. */
const hasLost = (view: TaskStatusView, { attempt }: Heard): boolean =>
  view.possibleOrphans.some((lost) => lost.attempt === attempt);

/**
 * The task is told before it has said where it stands: it knows by itself whose the response is, and looks at its own.
 * What it says of itself only gives the outcome its name.
 */
async function tellEnd({ tasks }: TellDeps, task: FoundTask, heard: Heard): Promise<Outcome> {
  const [view, isTold] = await Promise.all([tasks.view(task), tasks.offer(task, heard)]);
  if (!isTold) return 'task_ended';
  if (view?.responseId === heard.responseId) return 'told';
  // Without a worker nobody can say whose it is; the signal waits for one.
  if (view === null || view.responseId === null) return 'offered';
  return hasLost(view, heard) ? 'orphan_named' : 'another_response';
}

async function tellNamed(
  deps: TellDeps,
  task: FoundTask,
  heard: Heard,
  event: ResponseEvent,
  isAttached: boolean,
): Promise<Outcome> {
  if (task.isRunning && heard.hasEnded) return tellEnd(deps, task, heard);
  const view = await deps.tasks.view(task);
  if (view?.responseId === heard.responseId) return tellOwner(deps, task, heard, event);
  const mayAdopt = task.isRunning && (view === null || view.responseId === null);
  // Without a worker nobody can say whose it is; the signal waits for one, and the task knows.
  if (mayAdopt) return (await deps.tasks.offer(task, heard)) ? 'offered' : 'task_ended';
  if (view === null) return 'task_ended';
  return hasLost(view, heard) ? settleOrphan(deps, task, heard, isAttached) : 'another_response';
}

/**
 * Tells the task of a response: that which created it, by its metadata, and one that was attached to it, by its id.
 * A task can have continued as new, or have ended; a task of another name or namespace is not touched.
 * @throws SendAgain; what the Temporal client throws when the server cannot be reached.
 */
export async function tell(deps: TellDeps, event: ResponseEvent): Promise<Told> {
  const heard = await hear(deps, event.responseId);
  if (!heard) return { outcome: 'unknown_response', taskId: null };
  const [named, attached] = await Promise.all([
    heard.taskId === null ? null : deps.tasks.find(heard.taskId),
    deps.tasks.find(attachedTaskId(heard.responseId)),
  ]);
  const ofAttached = attached ? await tellOwner(deps, attached, heard, event) : null;
  if (!named) return { outcome: ofAttached ?? 'unknown_task', taskId: attached?.id ?? null };
  return { outcome: await tellNamed(deps, named, heard, event, attached?.isRunning ?? false), taskId: named.id };
}
