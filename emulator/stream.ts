/** Streams on their sockets, and their rows in the ledger. */
import type { ServerResponse } from 'node:http';
import { headersOf, type Answer, type StreamPlan } from './answer';
import type { Call } from './call';
import { isStreamFault } from './fault-moments';
import type { Fault } from './faults';
import { isTerminal, statusAt } from './lifecycle';
import type { ServerState } from './server';
import type { StreamRow } from './stream-log';
import { Reader, type Outcome } from './stream-reader';

interface Opened {
  call: Call;
  task: string | null;
  answer: Answer;
  nowMs: number;
  fault: Fault | undefined;
  processingMs: number;
}

function openRow({ store }: ServerState, { call, task, nowMs }: Opened, plan: StreamPlan): StreamRow {
  const { id } = plan.response;
  const startingAfter = plan.startingAfter < 0 ? null : plan.startingAfter;
  const op = call.op === 'create' ? 'create' : 'stream';
  store.write({ kind: 'stream_opened', row: { op, id, task, at: nowMs, startingAfter } });
  const row = store.streams.rows.at(-1);
  if (!row) throw new Error('A stream that was opened has a row.');
  return row;
}

/** Without `background` a run ends with its connection. */
async function stopRun(state: ServerState, { response }: StreamPlan): Promise<void> {
  const atMs = Math.max(await state.now(), response.toldUntilMs ?? 0);
  if (response.request.background === true || state.stopping.aborted || isTerminal(statusAt(response, atMs))) return;
  state.store.write({ kind: 'cancelled', id: response.id, atMs });
}

/** Sends the events that were asked for. The ledger is written before the reader can see the end. */
export async function sendStream(state: ServerState, reply: ServerResponse, opened: Opened): Promise<void> {
  const { answer, fault, nowMs, processingMs } = opened;
  const plan = answer.stream;
  if (!plan) throw new Error('Only for an answer that is a stream.');
  const gone = new AbortController();
  reply.once('close', () => gone.abort());
  if (reply.destroyed) gone.abort();
  const row = openRow(state, opened, plan);
  const index = state.store.streams.rows.length - 1;
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  reply.writeHead(200, { ...headersOf(processingMs), ...answer.headers, ...headers });
  reply.flushHeaders();
  const own = fault && isStreamFault(fault) ? fault : undefined;
  const reader = new Reader(state, plan, row, gone.signal, { reply, fault: own });
  const outcome = await reader.run(nowMs).catch((): Outcome => 'cut');
  await stopRun(state, plan);
  const { events, last } = row;
  const end = { events, last, outcome, endedAt: await state.now(), faulted: reader.isFaulted };
  state.store.write({ kind: 'stream_ended', index, end });
  if (outcome === 'cut') reply.destroy();
  else reply.end();
}
