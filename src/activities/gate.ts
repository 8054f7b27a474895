/** The activities' side of the gate in front of the account. */
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { StartInput, VisitReport } from '../contracts';
import type { GateDesk } from './gate-desk';
import { underAnsweredHeartbeats } from './heartbeat';
import { pause } from './visit';

const place = (taskQueue?: string) => {
  const { client, info } = Context.current();
  return { client, taskQueue: taskQueue ?? info.taskQueue };
};

function notNow(type: 'NotSent' | 'AwaitPermit', message: string): ApplicationFailure {
  // No defect: it is the limit that was asked for.
  return ApplicationFailure.create({ type, message, category: ApplicationFailureCategory.BENIGN });
}

async function turnOf(desk: GateDesk, { taskId, share }: StartInput, nowMs: () => number): Promise<void> {
  const notBeforeMs = await desk.enter(place(), { id: taskId, ...share }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.name : 'error';
    throw notNow('NotSent', `The gate of the account does not answer: ${reason}.`);
  });
  if (notBeforeMs === null) throw notNow('AwaitPermit', 'The limits of the account are reached.');
  await Context.current().sleep(Math.max(0, notBeforeMs - nowMs()));
}

/** Waits for this task's turn to create. @throws `AwaitPermit` when that is not now: the workflow is told when. */
export function enterGate(desk: GateDesk, input: StartInput, nowMs: () => number): Promise<void> {
  return underAnsweredHeartbeats(() => turnOf(desk, input, nowMs));
}

/** Far less than a heartbeat timeout. A gate that answers takes a moment, and is told before the task asks again. */
const LEAVE_SECONDS = 2;

/** Gives the place back; a gate that does not answer is told later, and nobody waits for it. */
export async function leaveGate(desk: GateDesk, taskId: string, taskQueue?: string): Promise<void> {
  const told = new AbortController();
  void desk.leave(place(taskQueue), taskId).then(() => told.abort());
  await pause(LEAVE_SECONDS, told.signal);
}

/**
 * What has ended makes room for another; so does what upstream knows no more.
 *
 * @param taskQueue Of the task, where the activity runs on another one.
 */
export async function leaveAtEnd(
  taskId: string,
  report: VisitReport,
  { gate }: { gate?: GateDesk },
  taskQueue?: string,
): Promise<VisitReport> {
  const gone = report.fault?.type === 'Upstream.NotFound' && report.missing >= 2;
  if (gate && (report.answer || gone)) await leaveGate(gate, taskId, taskQueue);
  return report;
}

/** Calls at once, of those that ask how tasks stand. */
const DESCRIBES_AT_ONCE = 20;

export function createGateActivities() {
  return {
    /** Those of some tasks whose workflow is over: terminated ones cannot say so. */
    async findEnded(ids: string[]): Promise<string[]> {
      const { client } = Context.current();
      const hasEnded = async (id: string): Promise<boolean> => {
        try {
          return (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING';
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return true;
          throw error;
        }
      };
      const ended: string[] = [];
      for (let i = 0; i < ids.length; i += DESCRIBES_AT_ONCE) {
        const some = ids.slice(i, i + DESCRIBES_AT_ONCE);
        const over = await Promise.all(some.map(hasEnded));
        ended.push(...some.filter((_, j) => over[j]));
      }
      return ended;
    },
  };
}
