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
import { WebhookEndpointsError } from './webhook-endpoints';
import type { WebhookSender } from './webhooks';

export interface AdminState extends ServerState {
  seed: number;
  /** The clock where it answers at once, else its latest reading. */
  latestMs: () => number;
  webhooks: WebhookSender;
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

const REFUSALS = [FaultPlanError, WebhookEndpointsError, SyntaxError];

/** Uses the list in a request. */
async function replace(request: IncomingMessage, use: (list: unknown) => void | Promise<void>): Promise<Answer> {
  const body = await readBody(request);
  try {
    await use(JSON.parse(body?.toString('utf8') ?? ''));
  } catch (error) {
    if (REFUSALS.some((kind) => error instanceof kind)) throw new ApiError(400, (error as Error).message);
    throw error;
  }
  return ok({ ok: true });
}

/** Looks at the clock, and does what is due by it. */
export async function tick({ alarm, webhooks }: AdminState): Promise<void> {
  await alarm.tick();
  await webhooks.settled();
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
      return replace(request, (rules) => void (state.plan = new FaultPlan(rules as FaultRule[], state.seed)));
    case 'GET /emulator/webhooks':
      return ok({ endpoints: state.webhooks.shown(), deliveries: [...state.store.webhooks.rows.values()] });
    case 'POST /emulator/webhooks':
      return replace(request, (endpoints) => state.webhooks.configure(endpoints));
    case 'POST /emulator/tick':
      return tick(state).then(() => ok({ ok: true }));
  }
  throw new ApiError(404, 'No such page of the emulator.');
}

/** @throws ApiError */
export async function serveAdmin(state: AdminState, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  if (!isLoopback(request.socket.remoteAddress)) throw new ApiError(403, 'Only from the machine of the emulator.');
  send(reply, await pageOf(state, request));
}
