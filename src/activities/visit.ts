/** One visit: looks at a response for as long as the waits between looks are short. */
import type { VisitPlan, VisitReport } from '../contracts';
import { recallSecrets } from '../secrets/recall';
import type { SecretProvider } from '../secrets/values';
import { nextWaitSeconds } from '../settings';
import { createdAt, isKnownStatus, isTerminalStatus, toFault, type Upstream } from '../upstream';
import type { AnswerKeeper, AnswerPlan } from './answer-keeper';

/**
 * A visit ends after this time even when every wait is short, so that the workflow (its queries, its search
 * attributes) learns of `in_progress`, and a slot of the worker is not held by one task for ever.
 */
export const VISIT_SECONDS = 20;

export interface VisitDeps {
  upstream: Upstream;
  keepAnswer: AnswerKeeper;
  /** For what another worker has sent. */
  secrets: SecretProvider;
  /** Aborted when the visit should come back with what it knows: cancel, change, shutdown of the worker. */
  signal: AbortSignal;
  nowMs: () => number;
  /** Tells the outside world of the report so far. */
  onLook?: (report: VisitReport) => void;
}

export function newReport(responseId: string, plan: VisitPlan): VisitReport {
  return {
    responseId,
    model: null,
    upstreamStatus: null,
    polls: 0,
    pollIndex: plan.pollIndex,
    retryAfterSeconds: plan.retryAfterSeconds,
    missing: plan.missing,
    fault: plan.fault ?? null,
    unknownStatuses: {},
    createdAt: null,
    startedAt: null,
    answer: null,
    seenAt: null,
  };
}

/** Waits, or returns early when the signal is aborted. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener('abort', done);
  });
}

type LookPlan = AnswerPlan & Pick<VisitPlan, 'include' | 'secretNames'>;

/** One GET. What it finds, a fault too, goes into the report; nothing is thrown. */
export async function look(report: VisitReport, plan: LookPlan, deps: VisitDeps) {
  try {
    await recallSecrets(report.responseId, plan.secretNames ?? [], deps.secrets);
    const response = await deps.upstream.retrieve(report.responseId, plan.include, deps.signal);
    const status = String(response.status);
    report.polls++;
    const model = typeof response.model === 'string' ? response.model : null;
    Object.assign(report, { upstreamStatus: status, model, fault: null, missing: 0 });
    report.retryAfterSeconds = null;
    report.createdAt ??= createdAt(response);
    if (status === 'in_progress') report.startedAt ??= new Date(deps.nowMs()).toISOString();
    if (isTerminalStatus(status)) {
      report.answer = await deps.keepAnswer(response, plan);
      report.seenAt = new Date(deps.nowMs()).toISOString();
    } else if (!isKnownStatus(status)) {
      const name = status.slice(0, 40);
      report.unknownStatuses[name] = (report.unknownStatuses[name] ?? 0) + 1;
    }
  } catch (error) {
    // Cut off by ourselves: that says nothing about upstream.
    if (deps.signal.aborted) return;
    report.polls++;
    report.fault = toFault(error, deps.nowMs(), deps.upstream.secrets);
    report.retryAfterSeconds = report.fault.retryAfterSeconds;
    report.missing = report.fault.type === 'Upstream.NotFound' ? report.missing + 1 : 0;
  }
  deps.onLook?.(report);
}

/** Whether the next wait belongs to a durable timer (or to a deadline) rather than to this visit. */
function leavesToTimer(waitSeconds: number, elapsedSeconds: number, plan: VisitPlan, report: VisitReport): boolean {
  if (waitSeconds > plan.inlineWaitSeconds || elapsedSeconds + waitSeconds > VISIT_SECONDS) return true;
  // A 404 is confirmed, and an outage waited out, by durable looks that everyone can see.
  return report.missing > 0;
}

/** Looks until the end, the first wait that is too long, a deadline, or the signal. */
export async function visit(report: VisitReport, plan: VisitPlan, deps: VisitDeps): Promise<VisitReport> {
  const startMs = deps.nowMs();
  const elapsed = () => (deps.nowMs() - startMs) / 1000;
  for (let waitsFirst = !plan.lookFirst; !deps.signal.aborted; waitsFirst = true) {
    if (waitsFirst) {
      const waitSeconds = nextWaitSeconds(plan.intervalsSeconds, report);
      if (leavesToTimer(waitSeconds, elapsed(), plan, report)) return report;
      const stillQueued = report.startedAt === null && plan.maxQueuedSeconds !== null;
      const limit = Math.min(plan.maxSeconds, stillQueued ? (plan.maxQueuedSeconds ?? Infinity) : Infinity);
      const leftSeconds = Math.max(0, limit - elapsed());
      await pause(Math.min(waitSeconds, leftSeconds), deps.signal);
      if (deps.signal.aborted || leftSeconds < waitSeconds) return report;
      report.pollIndex++;
    }
    await look(report, plan, deps);
    if (report.answer) return report;
  }
  return report;
}
