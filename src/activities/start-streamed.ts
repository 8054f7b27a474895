/** The create with `stream: true`: the id comes with the first event, and the stream is kept until the run has begun. */
import { Context } from '@temporalio/activity';
import type { StartHeartbeat, StartInput, UpstreamEvent, VisitPlan, VisitReport } from '../contracts';
import { RESPONSE_ID_PATTERN } from '../names';
import { EventCursor } from '../stream/event-cursor';
import { createdAt, ProtocolError, type Upstream } from '../upstream';
import { createOnce, type CreateBody, type ResponseDeps } from './create-once';
import { keepHeartbeating, recordDurably } from './heartbeat';
import { look, newReport } from './visit';

/** The whole reply of a create that is not streamed has as long. */
const FIRST_EVENT_MS = 60_000;
/** From the POST. A client that leaves at `created` can leave a run stuck in the queue; but a slot is held meanwhile. */
const STAY_SECONDS = 60;
/** Where the first event was slow: with it and a GET, the activity still has its time. */
const LEAST_STAY_SECONDS = 5;

type ResponseInEvent = Parameters<typeof createdAt>[0] & { id?: unknown; model?: unknown };

interface Opened {
  response: ResponseInEvent & { id: string };
  cursor: EventCursor;
  events: AsyncIterator<UpstreamEvent>;
  leave: () => void;
}

function createdIn({ response }: UpstreamEvent): Opened['response'] | null {
  if (typeof response !== 'object' || response === null) return null;
  const { id } = response as ResponseInEvent;
  const isUsable = typeof id === 'string' && RESPONSE_ID_PATTERN.test(id);
  return isUsable ? (response as Opened['response']) : null;
}

/** POSTs and reads until an event names the response. */
async function open(body: CreateBody, upstream: Upstream): Promise<Opened> {
  const controller = new AbortController();
  const leave = () => controller.abort();
  const timer = setTimeout(leave, FIRST_EVENT_MS);
  const events = upstream.createStream(body, controller.signal)[Symbol.asyncIterator]();
  const cursor = new EventCursor();
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) throw new ProtocolError('The stream of the create ended before it named a response.');
      cursor.take(next.value);
      const response = createdIn(next.value);
      if (response) return { response, cursor, events, leave };
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Reads on until the run has begun or ended. However this ends: another reader goes on where it stood. */
async function stay({ cursor, events, leave }: Opened, seconds: number, signal: AbortSignal): Promise<void> {
  const timer = setTimeout(leave, seconds * 1000);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    while (!cursor.hasStarted) {
      const next = await events.next();
      if (next.done) break;
      cursor.take(next.value);
    }
  } catch {
    // A cut, or that we left.
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    await events.return?.().catch(() => undefined);
  }
}

function stayLimitSeconds({ maxSeconds, maxQueuedSeconds }: VisitPlan, elapsedSeconds: number): number {
  const left = Math.max(STAY_SECONDS - elapsedSeconds, LEAST_STAY_SECONDS);
  return Math.min(left, maxSeconds, maxQueuedSeconds ?? Infinity);
}

/** Creates, and comes back when the run has begun, with the place in the stream; or with the answer of a short run. */
export async function startStreamed(input: StartInput, deps: ResponseDeps): Promise<VisitReport> {
  const beganMs = deps.nowMs();
  const { made: opened, secretNames } = await createOnce(input, deps, (body) => open(body, deps.upstream));
  const { response, cursor } = opened;
  const report = newReport(response.id, input.plan);
  if (secretNames.length > 0) report.secretNames = secretNames;
  report.model = typeof response.model === 'string' ? response.model : null;
  report.createdAt = createdAt(response);
  const details = (): StartHeartbeat => ({ phase: 'created', report: { ...report, place: cursor.tell() } });
  // A lost worker costs nothing from here on. Where it cannot be recorded now, the next heartbeat does it.
  await recordDurably(details()).catch(() => undefined);
  const heartbeat = keepHeartbeating(details);
  try {
    const signal = Context.current().cancellationSignal;
    await stay(opened, stayLimitSeconds(input.plan, (deps.nowMs() - beganMs) / 1000), signal);
    if (cursor.hasStarted) {
      report.upstreamStatus = 'in_progress';
      report.startedAt = new Date(deps.nowMs()).toISOString();
    }
    if (cursor.isTerminal) await look(report, input.plan, { ...deps, signal });
  } finally {
    heartbeat.stop();
  }
  return { ...report, place: { ...cursor.tell(), textTail: '' } };
}
