/** `/emulator/...`: for tests and people. Needs no key, and answers only to this machine. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ok, send, type Answer } from './answer';
import { readBody } from './call';
import { ApiError } from './errors';
import { FaultPlan, FaultPlanError, type FaultRule } from './faults';
import { inFlight, maxInFlight } from './in-flight';
import { statusAt } from './lifecycle';
import type { ServerState } from './server';
import { liveVectorStoresIn } from './vector-stores';

export interface AdminState extends ServerState {
  seed: number;
  /** The clock where it answers at once, else its latest reading. */
  latestMs: () => number;
}

/** Every response that was created, with its status now. */
export async function statusesOf(state: ServerState): Promise<Record<string, string>> {
  const nowMs = await state.now();
  const all = [...state.store.responses.values()];
  return Object.fromEntries(all.map((response) => [response.id, statusAt(response, nowMs)]));
}

const notDeleted = (items: Iterable<{ id: string; deletedAtMs: number | null }>): string[] =>
  [...items].filter(({ deletedAtMs }) => deletedAtMs === null).map(({ id }) => id);

/** What was made and not deleted; of vector stores only what has not expired. */
export const liveOf = ({ store, latestMs }: AdminState) => ({
  files: notDeleted(store.files.values()),
  containers: notDeleted(store.containers.values()),
  vectorStores: liveVectorStoresIn(store, latestMs()),
});

function inFlightPage({ store }: AdminState): Answer {
  const { creates } = store.ledger();
  return ok({ max: maxInFlight(creates), points: inFlight(creates) });
}

async function replacePlan(state: AdminState, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request);
  try {
    state.plan = new FaultPlan(JSON.parse(body?.toString('utf8') ?? '') as FaultRule[], state.seed);
  } catch (error) {
    if (error instanceof FaultPlanError || error instanceof SyntaxError) throw new ApiError(400, error.message);
    throw error;
  }
  return ok({ ok: true });
}

const isLoopback = (address = ''): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address);

function pageOf(state: AdminState, request: IncomingMessage): Answer | Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://emulator');
  switch (`${request.method} ${pathname}`) {
    case 'GET /emulator/ledger':
      return ok(state.store.ledger());
    case 'GET /emulator/in-flight':
      return inFlightPage(state);
    case 'GET /emulator/live':
      return state.now().then(() => ok(liveOf(state)));
    case 'GET /emulator/health':
      return ok({ ok: true });
    case 'GET /emulator/responses':
      return statusesOf(state).then(ok);
    case 'GET /emulator/faults':
      return ok({ rules: state.plan.plan(), fired: state.plan.fired() });
    case 'POST /emulator/faults':
      return replacePlan(state, request);
    case 'POST /emulator/tick':
      return state.alarm.tick().then(() => ok({ ok: true }));
  }
  throw new ApiError(404, 'No such page of the emulator.');
}

/** @throws ApiError */
export async function serveAdmin(state: AdminState, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  if (!isLoopback(request.socket.remoteAddress)) throw new ApiError(403, 'Only from the machine of the emulator.');
  send(reply, await pageOf(state, request));
}
