/** The operations on responses. Knows nothing of sockets and faults. */
import { JsonBytes, ok, type Answer } from './answer';
import { bodyAt, bodyWith } from './body';
import { idIn, newId, type ApiContext, type Request } from './context';
import { ApiError } from './errors';
import { isTerminal, statusAt } from './lifecycle';
import { pageOf } from './pages';
import { referencesOf } from './references';
import { metadataOf } from './scenarios';
import { checkFlags, findResponse, includeIn, includeOf, streamOfCreate } from './stream-requests';
import type { Json, StoredResponse } from './types';
import { checkCreate } from './validate';

/** `POST /v1/responses`. Identical requests make distinct responses: there is no idempotency key. */
export function create({ store, pace }: ApiContext, { json }: Request, nowMs: number): Answer {
  checkCreate(json);
  const id = newId('resp_');
  const response = { id, createdAtMs: nowMs, request: json, pace, ...referencesOf(json, store, nowMs) };
  store.write({ kind: 'create', response });
  const stored = store.responses.get(id);
  if (!stored) throw new Error('A response that was written is there.');
  const answer = { ...ok(bodyAt(stored, nowMs, includeIn(json.include))), id };
  return json.stream === true ? { ...answer, stream: streamOfCreate(stored) } : answer;
}

/** An ended response does not change, so its bytes are made once. */
export function answerWith(context: ApiContext, response: StoredResponse, status: string, include: string[]): Answer {
  if (!isTerminal(status)) return ok(bodyWith(response, status, include));
  const key = `${response.id}/${status}/${[...include].sort().join()}`;
  const make = () => Buffer.from(JSON.stringify(bodyWith(response, status, include)));
  return ok(new JsonBytes(context.bodies.get(key, make)));
}

/** `GET /v1/responses/{id}`. `include` of the create counts only when it is asked for again. */
export function retrieve(context: ApiContext, request: Request, nowMs: number, shownStatus?: string): Answer {
  checkFlags(request.query);
  const response = findResponse(context.store, idIn(request), nowMs);
  return answerWith(context, response, shownStatus ?? statusAt(response, nowMs), includeOf(request.query));
}

/** Where a cancel comes too late. */
function checkCancel(response: StoredResponse, status: string, profile: ApiContext['profile']): void {
  if (response.request.background !== true) throw new ApiError(400, 'Cannot cancel a synchronous response.');
  if (!isTerminal(status) || status === 'cancelled') return;
  // OpenAI gives an ended response back, unless it was streamed; Azure refuses.
  const refused = profile === 'azure' || (status === 'completed' && response.request.stream === true);
  if (refused) throw new ApiError(400, `Cannot cancel ${status === 'incomplete' ? 'an' : 'a'} ${status} response.`);
}

/** `POST /v1/responses/{id}/cancel`. `late`: it ends as scripted all the same. */
export function cancel(context: ApiContext, request: Request, askedMs: number, late = false): Answer {
  const id = idIn(request);
  const response = findResponse(context.store, id, askedMs);
  const nowMs = Math.max(askedMs, response.toldUntilMs ?? 0);
  const status = statusAt(response, nowMs);
  checkCancel(response, status, context.profile);
  if (isTerminal(status)) return answerWith(context, response, status, []);
  context.store.write({ kind: 'cancelled', id, atMs: nowMs, ...(late ? { late } : {}) });
  return answerWith(context, response, 'cancelled', []);
}

/** `DELETE /v1/responses/{id}`. */
export function remove({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const id = idIn(request);
  const response = findResponse(store, id, nowMs);
  if (!isTerminal(statusAt(response, nowMs))) throw new ApiError(400, 'Cannot delete an in-flight response.');
  store.write({ kind: 'deleted', id, atMs: nowMs });
  return ok({ id, object: 'response.deleted', deleted: true });
}

const asItem = (content: unknown): Json => ({ type: 'message', role: 'user', content });

/** `GET /v1/responses/{id}/input_items`. */
export function inputItems({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const id = idIn(request);
  const { input } = findResponse(store, id, nowMs).request;
  const given = typeof input === 'string' ? [asItem([{ type: 'input_text', text: input }])] : ((input ?? []) as Json[]);
  const items = given.map((item, i) => {
    const own = typeof item.id === 'string' ? item.id : `msg_${id.slice(5, 45)}${String(i).padStart(8, '0')}`;
    return { type: 'message', ...item, id: own };
  });
  return ok(pageOf(items, request.query, { usual: 20, max: 100 }));
}

/** The task that a response belongs to; requests that will be refused are asked too. */
export const taskOf = (request: unknown): string | null => metadataOf(request).task_id ?? null;
