/** The safety net under webhooks: looks that are attempts of one activity, so that none is an event of the history. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { AwaitEndHeartbeat, AwaitEndInput, VisitPlan, VisitReport } from '../contracts';
import { nextWaitSeconds } from '../settings';
import type { ResponseDeps } from './create-once';
import { interrupted } from './failure';
import { leaveAtEnd } from './gate';
import { look, newReport } from './visit';

function limitSeconds({ maxSeconds, maxQueuedSeconds }: VisitPlan, { startedAt }: VisitReport): number {
  return startedAt === null ? Math.min(maxSeconds, maxQueuedSeconds ?? Infinity) : maxSeconds;
}

/** The workflow counts unknown statuses, and decides on a 404. Other faults are waited out. */
const isNews = ({ answer, missing, unknownStatuses }: VisitReport): boolean =>
  answer !== null || missing > 0 || Object.keys(unknownStatuses).length > 0;

/** Not a defect: it is how the next look is ordered. */
function notYet({ fault, upstreamStatus }: VisitReport, waitSeconds: number): ApplicationFailure {
  const found = fault?.message ?? (upstreamStatus === null ? 'not looked yet' : `still ${upstreamStatus}`);
  return ApplicationFailure.create({
    type: 'NotYet',
    message: `${found}; next look in ${Math.round(waitSeconds)} s`,
    nextRetryDelay: Math.max(1, Math.ceil(waitSeconds * 1000)),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/**
 * Time since the activity was scheduled. By the server's clock, as the deadline is: a worker's may be off, and measures
 * this attempt alone. The test server says of each attempt that it was scheduled as the first one was.
 */
function stopwatch(dueSeconds: number, nowMs: () => number): () => number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info;
  const waitedSeconds = Math.max(dueSeconds, (currentAttemptScheduledTimestampMs - scheduledTimestampMs) / 1000);
  const beganMs = nowMs();
  return () => waitedSeconds + (nowMs() - beganMs) / 1000;
}

/** Orders the next attempt. */
function putOff(report: VisitReport, waitSeconds: number, elapsedSeconds: number): ApplicationFailure {
  const pollIndex = report.pollIndex + (report.fault ? 0 : 1);
  const details: AwaitEndHeartbeat = { ...report, pollIndex, dueSeconds: elapsedSeconds + waitSeconds };
  Context.current().heartbeat(details);
  return notYet(report, waitSeconds);
}

export function createNetActivities(deps: ResponseDeps) {
  return {
    /**
     * One GET in each attempt but the first, which only waits. Comes back with the end, with what the workflow has to
     * decide on, or at a deadline; fails as `NotYet` until then. What was seen goes on in the heartbeat details.
     */
    async awaitEnd({ taskId, responseId, plan, secondsAfterFault }: AwaitEndInput): Promise<VisitReport> {
      const { info, cancellationSignal: signal } = Context.current();
      const earlier = info.heartbeatDetails as AwaitEndHeartbeat | undefined;
      const { dueSeconds, ...report } = earlier ?? { ...newReport(responseId, plan), dueSeconds: 0 };
      const elapsedSeconds = stopwatch(dueSeconds, deps.nowMs);
      const leftSeconds = () => limitSeconds(plan, report) - elapsedSeconds();
      if (info.attempt > 1 || leftSeconds() <= 0) await look(report, plan, { ...deps, signal });
      if (isNews(report)) return leaveAtEnd(taskId, report, deps);
      if (signal.aborted) throw interrupted(signal);
      if (leftSeconds() <= 0) return report;
      const schedule = report.fault ? [secondsAfterFault] : plan.intervalsSeconds;
      const waitSeconds = Math.min(nextWaitSeconds(schedule, report), leftSeconds());
      throw putOff(report, waitSeconds, elapsedSeconds());
    },
  };
}
