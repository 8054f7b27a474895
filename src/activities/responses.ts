/** The activities of one response: start, check, cancel. */
import { Context } from '@temporalio/activity';
import type { CancelInput, CheckInput, StartHeartbeat, StartInput, UpstreamFault, VisitReport } from '../contracts';
import { recallSecrets } from '../secrets/recall';
import { toFault } from '../upstream';
import { createOnce, rejected, type ResponseDeps } from './create-once';
import { failureOf } from './failure';
import { enterGate, leaveAtEnd, leaveGate } from './gate';
import { keepHeartbeating, underHeartbeats } from './heartbeat';
import { startStreamed } from './start-streamed';
import { look, newReport, pause, visit } from './visit';

/** Looks after a cancel until the response has ended, or is surely gone: upstream may take a moment. */
const SETTLE_LOOKS = 10;

async function visitWithHeartbeat(
  report: VisitReport,
  input: Pick<StartInput, 'plan'>,
  deps: ResponseDeps,
  asStart: boolean,
) {
  const details = () => (asStart ? ({ phase: 'created', report } satisfies StartHeartbeat) : report);
  Context.current().heartbeat(details());
  const heartbeat = keepHeartbeating(details);
  try {
    return await visit(report, input.plan, { ...deps, signal: Context.current().cancellationSignal });
  } finally {
    heartbeat.stop();
  }
}

async function startPlain(input: StartInput, deps: ResponseDeps): Promise<VisitReport> {
  const { made: responseId, secretNames } = await createOnce(input, deps, (body) => deps.upstream.create(body));
  const report = newReport(responseId, input.plan);
  if (secretNames.length > 0) report.secretNames = secretNames;
  // The id goes home whatever happens after the create: the workflow looks on with it.
  await visitWithHeartbeat(report, input, deps, true).catch(() => undefined);
  return report;
}

export function createResponseActivities(deps: ResponseDeps) {
  return {
    /**
     * Creates the response and stays for the first short waits. Never retried by the engine: after a lost worker the
     * workflow reads the heartbeat details (`StartHeartbeat`) and decides. When it is cancelled it comes back with the
     * report so far; a create in flight is awaited first.
     */
    async startResponse(input: StartInput): Promise<VisitReport> {
      const { gate } = deps;
      if (gate) await enterGate(gate, input, deps.nowMs);
      const created = input.stream ? startStreamed(input, deps) : startPlain(input, deps);
      const report = await created.catch(async (error: unknown) => {
        if (gate) await leaveGate(gate, input.taskId);
        throw error;
      });
      return leaveAtEnd(input.taskId, report, deps);
    },

    /** Looks at a response and stays for short waits. Faults of upstream are in the report, not thrown. */
    async checkResponse({ taskId, responseId, plan }: CheckInput): Promise<VisitReport> {
      const earlier = Context.current().info.heartbeatDetails as VisitReport | undefined;
      const report = await visitWithHeartbeat(earlier ?? newReport(responseId, plan), { plan }, deps, false);
      return leaveAtEnd(taskId, report, deps);
    },

    /**
     * Cancels, then believes the GET: a run may have completed first, and servers answer a late cancel in several ways
     * (200, 400, 404, 409). Comes back when a GET said a terminal status, or all said 404; throws, to be retried, until then.
     */
    async cancelResponse(input: CancelInput): Promise<VisitReport> {
      return underHeartbeats(async () => leaveAtEnd(input.taskId, await cancelAndLook(input, deps), deps));
    },
  };
}

async function cancelAndLook(input: CancelInput, deps: ResponseDeps): Promise<VisitReport> {
  const { upstream, nowMs } = deps;
  const { responseId } = input;
  const report = { ...newReport(responseId, emptyPlan), polls: 0 };
  let refused: UpstreamFault | null = null;
  // Beside the cancel, which waits for no vault.
  const recalled = recallSecrets(responseId, input.secretNames ?? [], deps.secrets);
  try {
    await upstream.cancel(responseId);
  } catch (error) {
    await recalled;
    refused = toFault(error, nowMs(), upstream.secrets);
  }
  // Not cancelled with the workflow: this is the cleanup. Its timeouts bound it.
  const signal = new AbortController().signal;
  for (let looks = 1; looks <= SETTLE_LOOKS; looks++) {
    await look(report, input, { ...deps, signal });
    if (report.answer) return report;
    // Soon after a create it may be a replica that lags behind, and the run may have completed meanwhile.
    const isMissing = report.fault?.type === 'Upstream.NotFound' && (!refused || refused.type === 'Upstream.NotFound');
    if (isMissing && looks === SETTLE_LOOKS) return report;
    if (!isMissing && (refused || report.fault)) break;
    await pause(0.5, signal);
  }
  throw failureOf(worthRetrying(refused ?? report.fault ?? stillRunning(report)));
}

const emptyPlan = {
  intervalsSeconds: [],
  pollIndex: 0,
  inlineWaitSeconds: 0,
  retryAfterSeconds: null,
  missing: 0,
  maxSeconds: 0,
  maxQueuedSeconds: null,
  lookFirst: true,
  maxOutputBytes: 0,
  answerKey: null,
  include: [],
};

/** A cancel refused although the response runs may be a passing state of upstream; a key that may not will not change. */
const worthRetrying = (fault: UpstreamFault): UpstreamFault => ({
  ...fault,
  retryable: fault.type !== 'Upstream.Auth',
});

function stillRunning(report: VisitReport): UpstreamFault {
  const message = `Response ${report.responseId} is still ${report.upstreamStatus ?? 'unknown'} after its cancel was accepted.`;
  return { ...rejected('still_running', message), type: 'Upstream.Unavailable', retryable: true };
}
