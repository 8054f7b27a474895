/** Follows the stream of a response to its end. What it says wakes us; what counts is what a GET says. */
import { Context } from '@temporalio/activity';
import type { FollowHeartbeat, FollowInput, FollowReport, UpstreamFault, VisitReport } from '../contracts';
import { recallSecrets } from '../secrets/recall';
import { nextWaitSeconds } from '../settings';
import { EventCursor } from '../stream/event-cursor';
import { toFault } from '../upstream';
import type { ResponseDeps } from './create-once';
import { interrupted } from './failure';
import { leaveAtEnd } from './gate';
import { keepHeartbeating } from './heartbeat';
import { look, newReport, pause, type VisitDeps } from './visit';

/** Connections in a row that brought nothing new, before the stream is given up: about 20 s with these waits. */
const MAX_FAILURES = 5;
const BACKOFF_SECONDS = [0.2, 1, 2, 4, 8, 8];
/** A connection that ends sooner was cut: where one after the other is, the waits grow although each brings something. */
const SHORT_MS = 2_000;
/** Of one attempt, also where each brings something: polling is cheaper than that. */
const MAX_CONNECTIONS = 100;

const streamFault = (message: string): UpstreamFault => ({
  type: 'Upstream.Protocol',
  message,
  httpStatus: null,
  code: 'stream',
  requestId: null,
  retryAfterSeconds: null,
  retryable: true,
  maybeAccepted: false,
});

export interface FollowDeps extends Omit<VisitDeps, 'onLook'> {
  /** Waits before connecting again, by how often in a row it was in vain or short. */
  backoffSeconds?: readonly number[];
}

/** Reads one connection until there is a reason to stop; null when an event was the reason. */
async function readOnce(cursor: EventCursor, input: FollowInput, deps: FollowDeps): Promise<UpstreamFault | null> {
  const { responseId, untilStarted } = input;
  const { upstream, signal, nowMs } = deps;
  cursor.begin();
  try {
    // Without `include`: it would make events larger, and the answer is taken from the GET.
    for await (const event of upstream.events(responseId, { startingAfter: cursor.last, include: [], signal })) {
      const taken = cursor.take(event);
      if (cursor.isTerminal || (untilStarted && cursor.hasStarted)) return null;
      if (taken === 'gap') return streamFault(`Events after number ${cursor.last ?? 'none'} are missing.`);
      if (taken === 'restart') return streamFault('The numbers of events go backwards.');
    }
    return streamFault('The stream ended, and no event says that the run did.');
  } catch (error) {
    if (signal.aborted) throw error;
    return toFault(error, nowMs(), upstream.secrets);
  }
}

/** Why there is no use in connecting again; null when there may be. A 404 may be a replica that lags behind. */
function hopeless(fault: UpstreamFault, failures: number, connections: number): string | null {
  if (!fault.retryable && fault.type !== 'Upstream.NotFound') return fault.message;
  if (failures > MAX_FAILURES || connections >= MAX_CONNECTIONS) return `${connections} connections: ${fault.message}`;
  return null;
}

/**
 * Connects, and connects again where it stood, until a GET says that the run has ended or the stream cannot be had.
 *
 * @param report Filled in on the way, for heartbeats.
 * @throws when `deps.signal` is aborted.
 */
export async function follow(
  input: FollowInput,
  cursor: EventCursor,
  report: VisitReport,
  deps: FollowDeps,
): Promise<FollowReport> {
  const { plan } = input;
  const { signal, backoffSeconds = BACKOFF_SECONDS } = deps;
  const give = (ended: FollowReport['ended'], reason: string | null = null): FollowReport => ({
    ended,
    report,
    // The text is for viewers of the heartbeat: it stays out of the history.
    place: { ...cursor.tell(), textTail: '' },
    reason,
  });
  // The last look of the create may have failed just now.
  if (report.fault) await pause(nextWaitSeconds([0], report), signal);
  signal.throwIfAborted();
  for (let failures = 0, short = 0, connections = 1; ; connections++) {
    const before = cursor.last;
    const beganMs = deps.nowMs();
    const fault = await readOnce(cursor, input, deps);
    short = deps.nowMs() - beganMs < SHORT_MS ? short + 1 : 0;
    if (cursor.hasStarted) report.startedAt ??= new Date(deps.nowMs()).toISOString();
    if (!fault && !cursor.isTerminal) {
      report.upstreamStatus = 'in_progress';
      return give('started');
    }
    await look(report, plan, deps);
    if (report.answer) return give('answered');
    signal.throwIfAborted();
    failures = cursor.last === before || cursor.isTerminal ? failures + 1 : 0;
    const trouble = fault ?? streamFault('An event says that the run has ended, and no GET does.');
    const reason = hopeless(trouble, failures, connections);
    if (reason !== null) return give('fall_back', reason);
    const waits = [backoffSeconds[Math.max(failures, short - 1)] ?? 8, trouble.retryAfterSeconds ?? 0];
    // The look may have failed, too: what holds after that holds beside a stream.
    await pause(nextWaitSeconds([Math.max(...waits)], report), signal);
    signal.throwIfAborted();
  }
}

/** Aborted when it is time to leave the stream; never where there is no such time. */
function leaving({ leaveAfterSeconds }: FollowInput): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  if (leaveAfterSeconds === undefined) return { signal: controller.signal, stop: () => undefined };
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info;
  const ms = leaveAfterSeconds * 1000 - (currentAttemptScheduledTimestampMs - scheduledTimestampMs);
  const timer = setTimeout(() => controller.abort(), Math.max(0, ms));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

/** What went wrong with the stream before is over with it. */
const left = (report: VisitReport, cursor: EventCursor): FollowReport => ({
  ended: 'left',
  report: { ...report, fault: null },
  place: { ...cursor.tell(), textTail: '' },
  reason: null,
});

export function createFollowActivities(deps: ResponseDeps) {
  return {
    /**
     * Follows the stream of a response that was created with `stream`. It never cancels upstream: whatever ends it, the
     * run goes on, and the next attempt reads on after the number in the heartbeat.
     */
    async followResponse(input: FollowInput): Promise<FollowReport> {
      const { info, cancellationSignal: signal } = Context.current();
      const { responseId, plan, taskId, taskQueue } = input;
      const earlier = info.heartbeatDetails as FollowHeartbeat | undefined;
      const cursor = new EventCursor(earlier ?? input.place);
      const report = { ...newReport(responseId, plan), polls: earlier?.polls ?? 0 };
      const details = (): FollowHeartbeat => {
        return { responseId, ...cursor.tell(), eventType: cursor.eventType, polls: report.polls };
      };
      const heartbeat = keepHeartbeating(details);
      const leave = leaving(input);
      try {
        // Before anything is read: heartbeats tell of the text.
        await recallSecrets(responseId, plan.secretNames ?? [], deps.secrets);
        const either = AbortSignal.any([signal, leave.signal]);
        const followed = await follow(input, cursor, report, { ...deps, signal: either });
        await leaveAtEnd(taskId, report, deps, taskQueue);
        return followed;
      } catch (error) {
        if (leave.signal.aborted && !signal.aborted) return left(report, cursor);
        if (!signal.aborted) throw error;
        Context.current().heartbeat(details());
        throw interrupted(signal);
      } finally {
        heartbeat.stop();
        leave.stop();
      }
    },
  };
}
