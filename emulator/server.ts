/** HTTP: finds the operation, asks the fault plan, answers, and writes the ledger. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { preventsWork, send, sendFault, HEADERS } from './answer';
import * as api from './api';
import { containerRoute, createFile, fileRoute } from './files';
import type { FaultPlan } from './faults';
import { type Fault } from './faults';
import { endsAtMs, statusAt } from './lifecycle';
import { ApiError, notFound, type Json } from './types';

export interface ServerState extends api.ApiContext {
  plan: FaultPlan;
  now: () => Promise<number>;
}

interface Call {
  op: string;
  method: string;
  /** Below `/v1`. */
  path: string[];
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  json: unknown;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The longest timer of Node; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(ms, 0), MAX_TIMER_MS)));

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new ApiError(413, 'Request body too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const PARTS: Record<string, string> = { 'POST cancel': 'cancel', 'GET input_items': 'input_items' };

function opOf(method: string, [root, id, part]: string[]): string {
  if (root === 'responses') {
    // Anything else does not exist: there is no list of responses.
    if (id === undefined) return method === 'POST' ? 'create' : 'other';
    if (part !== undefined) return PARTS[`${method} ${part}`] ?? 'other';
    return method === 'DELETE' ? 'delete' : method === 'GET' ? 'retrieve' : 'other';
  }
  const verb = method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'retrieve';
  return root === 'files' ? `file_${verb}` : root === 'containers' ? `container_${verb}` : 'other';
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://emulator');
  const method = request.method ?? 'GET';
  const path = url.pathname
    .replace(/^\/v1\/?/, '')
    .split('/')
    .filter(Boolean)
    .map(decodeURIComponent);
  const body = await readBody(request);
  const isJson = (request.headers['content-type'] ?? '').includes('json');
  let json: unknown;
  try {
    json = isJson && body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
  } catch {
    json = undefined;
  }
  return { op: opOf(method, path), method, path, query: url.searchParams, headers: request.headers, body, json };
}

function checkKey(headers: IncomingMessage['headers']): void {
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (key?.startsWith('sk-') && !key.startsWith('sk-wrong')) return;
  const masked = key ? `: ${key.slice(0, 6)}***${key.slice(-4)}` : '';
  const hint = 'You can find your API key at https://platform.openai.com/account/api-keys.';
  throw new ApiError(401, `Incorrect API key provided${masked}. ${hint}`, { code: 'invalid_api_key' });
}

/** A fault may show another status than the real one. */
function shownStatus(state: ServerState, call: Call, nowMs: number, fault: Fault | undefined): string | undefined {
  const response = state.store.responses.get(call.path[1] ?? '');
  if (!response || fault === undefined) return undefined;
  if (fault.kind === 'not_found' && nowMs < response.createdAtMs + fault.forSeconds * 1000)
    throw notFound('Response', response.id);
  return fault.kind === 'regress' && statusAt(response, nowMs) === 'completed' ? 'in_progress' : undefined;
}

async function createAndWait(state: ServerState, call: Call, nowMs: number): Promise<api.Answer> {
  const answer = api.create(state, call.json, nowMs);
  const id = String((answer.body as Json).id);
  const response = state.store.responses.get(id);
  if (!response || response.request.background === true) return answer;
  // Without `background` the connection is held until the end.
  const endMs = endsAtMs(response);
  await sleep(endMs - nowMs);
  return api.retrieve(state, id, new URLSearchParams(), Math.max(endMs, await state.now()));
}

async function perform(state: ServerState, call: Call, nowMs: number, fault?: Fault): Promise<api.Answer> {
  checkKey(call.headers);
  const id = call.path[1] ?? '';
  switch (call.op) {
    case 'create':
      return createAndWait(state, call, nowMs);
    case 'retrieve':
      return api.retrieve(state, id, call.query, nowMs, shownStatus(state, call, nowMs, fault));
    case 'cancel':
      return api.cancel(state, id, nowMs);
    case 'delete':
      return api.remove(state, id, nowMs);
    case 'input_items':
      return api.inputItems(state, id, call.query);
    case 'file_create':
      return createFile(state.store, call.headers['content-type'] ?? '', call.body, nowMs);
  }
  if (call.op.startsWith('file_')) return fileRoute(state.store, call.method, call.path.slice(1), nowMs);
  if (call.op.startsWith('container_')) return containerRoute(state.store, call.method, call.path.slice(1), nowMs);
  throw new ApiError(404, `Invalid URL (${call.method} /v1/${call.path.join('/')})`);
}

async function outcome(
  state: ServerState,
  call: Call,
  nowMs: number,
  fault?: Fault,
): Promise<api.Answer & { headers?: Record<string, string> }> {
  try {
    return await perform(state, call, nowMs, fault);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: error.body(), headers: error.headers };
    return { status: 500, body: new ApiError(500, 'The emulator failed.', { type: 'server_error' }).body() };
  }
}

/** Serves one request of the API. */
export async function serve(state: ServerState, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const call = await readCall(request);
  const known = state.store.responses.get(call.path[1] ?? '');
  const task = api.taskOf(call.op === 'create' ? (call.json as Json | null | undefined) : known?.request);
  const fault = state.plan.pick({ op: call.op, task });
  if (fault?.kind === 'late') await sleep(fault.ms);
  const nowMs = await state.now();
  const answer = fault && preventsWork(fault) ? null : await outcome(state, call, nowMs, fault);
  const id = call.op === 'create' && answer?.status === 200 ? String((answer.body as Json).id) : (call.path[1] ?? null);
  const retryCount = Number(call.headers['x-stainless-retry-count'] ?? 0);
  const row = { op: call.op, id, at: nowMs, task, faulted: fault !== undefined, retryCount };
  if (fault?.kind === 'delay') await sleep(fault.ms);
  // Written first, so that whoever has the answer finds the call in the ledger.
  const status = fault ? statusOf(fault, answer) : (answer?.status ?? 0);
  state.store.write({ kind: 'call', row: { ...row, status } });
  if (fault) sendFault(reply, fault, answer);
  else if (answer) send(reply, answer, { ...HEADERS(), ...answer.headers });
}

function statusOf(fault: Fault, answer: api.Answer | null): number {
  if (fault.kind === 'status') return fault.status;
  if (fault.kind === 'drop' || fault.kind === 'hang') return 0;
  return fault.kind === 'redirect' ? 307 : (answer?.status ?? 200);
}
