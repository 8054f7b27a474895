/** What each operation does. Knows nothing of sockets and faults. */
import { randomBytes } from 'node:crypto';
import { bodyAt } from './body';
import { isLive } from './files';
import { endsAtMs, isTerminal, statusAt } from './lifecycle';
import { scriptOf } from './scenarios';
import type { Store } from './store';
import { containerOf } from './tools';
import { ApiError, notFound, type Json, type StoredResponse } from './types';
import { checkCreate, refuse } from './validate';

export interface Answer {
  status: number;
  body: Json | Buffer;
}

export interface ApiContext {
  store: Store;
  profile: 'openai' | 'azure';
  timeScale: number;
}

const ok = (body: Json): Answer => ({ status: 200, body });

const newId = (prefix: string): string => `${prefix}_${randomBytes(24).toString('hex')}`;

const includeOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The stored response, unless it was deleted. @throws ApiError 404. */
export function findResponse(store: Store, id: string): StoredResponse {
  const response = store.responses.get(id);
  if (!response || response.deletedAtMs !== null) throw notFound('Response', id);
  return response;
}

function checkReferences(request: Json, store: Store, nowMs: number): void {
  const previous = request.previous_response_id;
  const known = store.responses.get(String(previous));
  if (typeof previous === 'string' && (!known || known.deletedAtMs !== null)) {
    const param = 'previous_response_id';
    throw refuse('previous_response_not_found', param, `Previous response with id '${previous}' not found.`);
  }
  for (const tool of (request.tools ?? []) as { container?: { file_ids?: string[] } }[]) {
    for (const id of tool.container?.file_ids ?? []) {
      if (!isLive(store.files.get(id), nowMs))
        throw new ApiError(404, `No such File object: ${id}`, { param: 'file_ids' });
    }
  }
}

/** Puts the file of a run of the code interpreter into its container; the run uses the container until its end. */
function useContainer(store: Store, response: StoredResponse): void {
  const used = containerOf(response);
  if (!used) return;
  const { deleted = false, files = [], createdAtMs = response.createdAtMs } = store.containers.get(used.id) ?? {};
  const container = { id: used.id, createdAtMs, lastUsedAtMs: endsAtMs(response), deleted };
  store.write({ kind: 'container', container: { ...container, files: [...files, used.file] } });
}

/** `POST /v1/responses`. Identical requests make distinct responses: there is no idempotency key. */
export function create(context: ApiContext, body: unknown, nowMs: number): Answer {
  checkCreate(body);
  if (body.stream === true)
    throw refuse('unsupported_parameter', 'stream', "This emulator does not stream yet: leave 'stream' out.");
  checkReferences(body, context.store, nowMs);
  const id = newId('resp');
  const script = scriptOf(body, id);
  const scaled = {
    ...script,
    queuedSeconds: script.queuedSeconds / context.timeScale,
    runSeconds: script.runSeconds / context.timeScale,
  };
  const response: StoredResponse = {
    id,
    createdAtMs: nowMs,
    request: body,
    script: scaled,
    cancelledAtMs: null,
    deletedAtMs: null,
  };
  context.store.write({ kind: 'create', response });
  useContainer(context.store, response);
  return ok(bodyAt(response, nowMs, includeOf(body.include)));
}

/** `GET /v1/responses/{id}`. `include` of the create counts for the GET as well only when it is asked for again. */
export function retrieve(
  { store }: ApiContext,
  id: string,
  query: URLSearchParams,
  nowMs: number,
  shown?: string,
): Answer {
  const response = findResponse(store, id);
  if (query.get('stream') === 'true') {
    throw new ApiError(400, 'This response cannot be streamed because it was not created with stream=true.', {
      param: 'stream',
    });
  }
  return ok(bodyAt(response, nowMs, query.getAll('include[]').concat(query.getAll('include')), shown));
}

/** `POST /v1/responses/{id}/cancel`: the answers of OpenAI, or of Azure. */
export function cancel({ store, profile }: ApiContext, id: string, nowMs: number): Answer {
  const response = findResponse(store, id);
  if (response.request.background !== true) throw new ApiError(400, 'Cannot cancel a synchronous response.');
  const status = statusAt(response, nowMs);
  if (isTerminal(status) && status !== 'cancelled' && profile === 'azure') {
    throw new ApiError(400, `Cannot cancel ${status === 'incomplete' ? 'an' : 'a'} ${status} response.`);
  }
  if (!isTerminal(status)) store.write({ kind: 'cancelled', id, atMs: nowMs });
  return ok(bodyAt(response, nowMs, []));
}

/** `DELETE /v1/responses/{id}`. */
export function remove({ store }: ApiContext, id: string, nowMs: number): Answer {
  const response = findResponse(store, id);
  if (!isTerminal(statusAt(response, nowMs))) throw new ApiError(400, 'Cannot delete an in-flight response.');
  store.write({ kind: 'deleted', id, atMs: nowMs });
  return ok({ id, object: 'response.deleted', deleted: true });
}

/** `GET /v1/responses/{id}/input_items`, newest first unless asked otherwise. */
export function inputItems({ store }: ApiContext, id: string, query: URLSearchParams): Answer {
  const { input } = findResponse(store, id).request;
  const message = (content: unknown) => ({ type: 'message', role: 'user', content });
  const given =
    typeof input === 'string' ? [message([{ type: 'input_text', text: input }])] : ((input ?? []) as Json[]);
  const items = given.map((item, i) => ({ ...item, id: `msg_${id.slice(5, 37)}${String(i).padStart(8, '0')}` }));
  if (query.get('order') !== 'asc') items.reverse();
  const after = items.findIndex((item) => item.id === query.get('after')) + 1;
  const limit = Math.min(100, Math.max(1, Number(query.get('limit') ?? 20) || 20));
  const data = items.slice(after, after + limit);
  const has_more = after + limit < items.length;
  return ok({ object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more });
}

/** The task that a response belongs to, for fault rules and the ledger; requests that will be refused are asked too. */
export function taskOf(request: Json | null | undefined): string | null {
  const metadata = request?.metadata as Json | null | undefined;
  return typeof metadata?.task_id === 'string' ? metadata.task_id : null;
}
