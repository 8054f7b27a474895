/** HTTP: finds the operation, asks the fault plan, answers, and writes the ledger. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { send, type Answer } from './answer';
import { checkKey, keyOf } from './auth';
import { readCall, type Call } from './call';
import type { Alarm } from './alarm';
import { idIn, type ApiContext } from './context';
import { notFound, toApiError } from './errors';
import { RateLimitError, type LimitGuard } from './limits';
import { preventsWork, replacesAnswer, sendFault, shownStatus } from './fault-answer';
import { couldShow } from './fault-moments';
import type { Fault, FaultPlan } from './faults';
import { OPERATIONS } from './operations';
import * as responses from './responses';
import { sendStream } from './stream';
import { awaitEnd } from './synchronous';

export interface ServerState extends ApiContext {
  plan: FaultPlan;
  limits: LimitGuard;
  now: () => Promise<number>;
  alarm: Alarm;
  /** Aborted when the emulator stops: nothing is carried out after that. */
  stopping: AbortSignal;
}

function perform(state: ServerState, call: Call, nowMs: number, fault: Fault | undefined): Answer {
  if (call.problem) throw call.problem;
  checkKey(call.headers, state);
  state.limits.check(call.op, nowMs);
  if (fault?.kind === 'not_found') throw notFound('Response', idIn(call));
  if (fault?.kind === 'regress') return responses.retrieve(state, call, nowMs, 'in_progress');
  if (fault?.kind === 'late_completion') return responses.cancel(state, call, nowMs, true);
  return OPERATIONS[call.op as keyof typeof OPERATIONS](state, call, nowMs);
}

/** When to come back, after a refusal for a limit. */
function retryHeaders(error: unknown): Record<string, string> {
  if (!(error instanceof RateLimitError)) return {};
  const { retryAfterMs } = error;
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) };
}

async function answerOf(
  state: ServerState,
  call: Call,
  nowMs: number,
  { reply, fault }: { reply: ServerResponse; fault: Fault | undefined },
): Promise<Answer> {
  try {
    const answer = perform(state, call, nowMs, fault);
    const response = call.op === 'create' ? state.store.responses.get(answer.id ?? '') : undefined;
    const headers = state.limits.headers(nowMs);
    if (!response || answer.stream || response.request.background === true) return { ...answer, headers };
    return { ...(await awaitEnd(state, response, nowMs, reply)), headers };
  } catch (error) {
    const known = toApiError(error);
    return {
      status: known.status,
      body: known.body(),
      headers: { ...state.limits.headers(nowMs), ...retryHeaders(error) },
    };
  }
}

/** The body of a create, or of that of the response that a call is about. */
const requestOf = (state: ServerState, call: Call): unknown =>
  call.op === 'create' ? call.json : state.store.responses.get(idIn(call))?.request;

interface Served {
  call: Call;
  nowMs: number;
  fault: Fault | undefined;
  answer: Answer | null;
  task: string | null;
}

/** The row is written first, so that whoever has the answer finds the call in the ledger. */
function record(state: ServerState, { call, nowMs, fault, answer, task }: Served, isHeard: boolean): void {
  const status = fault ? shownStatus(fault, answer) : (answer?.status ?? 0);
  const row = {
    op: call.op,
    id: answer?.id ?? call.path[1] ?? null,
    at: nowMs,
    status: isHeard ? status : 0,
    task,
    faulted: fault !== undefined,
    retryCount: Number(call.headers['x-stainless-retry-count'] ?? 0) || 0,
  };
  state.store.write({ kind: 'call', row });
}

/** Serves one request of the API. */
export async function serve(state: ServerState, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const startedMs = performance.now();
  const call = await readCall(request);
  const task = responses.taskOf(requestOf(state, call));
  let nowMs = await state.now();
  const fault = state.plan.pick({ op: call.op, task, applies: (one) => couldShow(state, call, nowMs, one) });
  if (fault?.kind === 'late') {
    await sleep(fault.ms, undefined, { signal: state.stopping });
    nowMs = await state.now();
  }
  if (state.stopping.aborted) return;
  const answer = fault && preventsWork(fault) ? null : await answerOf(state, call, nowMs, { reply, fault });
  if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { signal: state.stopping });
  record(state, { call, nowMs, fault, answer, task }, !request.socket.destroyed);
  const processingMs = performance.now() - startedMs;
  const context = { key: keyOf(call.headers), request: requestOf(state, call), nowMs };
  if (fault && replacesAnswer(fault)) sendFault(reply, fault, answer, context);
  else if (answer?.stream) await sendStream(state, reply, { call, task, answer, nowMs, fault, processingMs });
  else if (answer) send(reply, answer, processingMs);
}
