/** `/v1/containers`. */
import { ok, type Answer } from './answer';
import { idIn, newId, type ApiContext, type Request } from './context';
import { notFound } from './errors';
import { mappedPage, pageOf } from './pages';
import { array, check, integer, object, oneOf, string } from './rules';
import { CONTAINER_IDLE_MINUTES, type Store } from './store';
import type { Json, StoredContainer } from './types';
import { addUploadedFiles } from './container-files';

export const isContainerLive = (container: StoredContainer | undefined, nowMs: number): container is StoredContainer =>
  container !== undefined &&
  container.deletedAtMs === null &&
  nowMs - container.lastUsedAtMs <= container.idleMinutes * 60_000;

/** @throws ApiError 404 when it was deleted or was idle for too long. */
export function findContainer(store: Store, id: string, nowMs: number): StoredContainer {
  const container = store.containers.get(id);
  if (!isContainerLive(container, nowMs)) throw notFound('Container', id);
  return container;
}

/** Every look at a container counts as use. */
export function useContainer({ store }: ApiContext, request: Request, nowMs: number): StoredContainer {
  const container = findContainer(store, idIn(request), nowMs);
  store.write({ kind: 'container_used', id: container.id, atMs: nowMs });
  return container;
}

const containerBody = (container: StoredContainer, nowMs: number) => ({
  id: container.id,
  object: 'container',
  created_at: Math.floor(container.createdAtMs / 1000),
  status: isContainerLive(container, nowMs) ? 'running' : 'expired',
  name: container.name,
  last_active_at: Math.floor(container.lastUsedAtMs / 1000),
  expires_after: { anchor: 'last_active_at', minutes: container.idleMinutes },
  memory_limit: container.memoryLimit,
});

const NEW = object({
  fields: {
    name: string(),
    file_ids: array({ maxItems: 50, items: string() }),
    expires_after: object({
      fields: { anchor: oneOf('last_active_at'), minutes: integer({ min: 1, max: 20 }) },
      required: ['anchor', 'minutes'],
    }),
    memory_limit: oneOf('1g', '4g', '16g', '64g'),
    network_policy: object(),
    skills: array(),
  },
  required: ['name'],
});

/** `POST /v1/containers`. */
export function createContainer(context: ApiContext, { json }: Request, nowMs: number): Answer {
  check(json ?? {}, NEW, '');
  const body = json as { name: string; file_ids?: string[]; expires_after?: Json; memory_limit?: string };
  const id = newId('cntr_');
  const idleMinutes = Number(body.expires_after?.minutes ?? CONTAINER_IDLE_MINUTES);
  const memoryLimit = body.memory_limit ?? '1g';
  const container = { id, name: body.name, createdAtMs: nowMs, idleMinutes, memoryLimit };
  addUploadedFiles(context.store, body.file_ids ?? [], nowMs, (files) => {
    context.store.write({ kind: 'container_made', container });
    for (const file of files) context.store.write({ kind: 'container_upload', id, file });
  });
  return { ...ok(containerBody(findContainer(context.store, id, nowMs), nowMs)), id };
}

/** `GET /v1/containers`, also those that have expired; with `name` only those of this name. */
export function listContainers({ store }: ApiContext, { query }: Request, nowMs: number): Answer {
  const name = query.get('name');
  const kept = [...store.containers.values()].filter((one) => one.deletedAtMs === null);
  const wanted = kept.filter((one) => name === null || one.name === name);
  return ok(mappedPage(pageOf(wanted, query, { usual: 20, max: 100 }), (one) => containerBody(one, nowMs)));
}

/** `GET /v1/containers/{id}`. */
export const retrieveContainer = (context: ApiContext, request: Request, nowMs: number): Answer =>
  ok(containerBody(useContainer(context, request, nowMs), nowMs));

/** `DELETE /v1/containers/{id}`. */
export function deleteContainer({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { id } = findContainer(store, idIn(request), nowMs);
  store.write({ kind: 'container_deleted', id, atMs: nowMs });
  return ok({ id, object: 'container.deleted', deleted: true });
}
