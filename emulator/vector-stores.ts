/** `/v1/vector_stores`: what file search looks into. Indexing takes time. */
import { ok, type Answer } from './answer';
import { idIn, newId, type ApiContext, type Request } from './context';
import { notFound } from './errors';
import { findUpload, isFileLive } from './files';
import { attached, countsAt, fileStatusAt, indexingMs } from './indexing';
import { mappedPage, pageOf } from './pages';
import { array, check, integer, object, oneOf, string } from './rules';
import { checkNumbers } from './scenarios';
import type { Store } from './store';
import type { StoredVectorStore, VectorStoreFile } from './types';

const DAY_MS = 86_400_000;
const MAX_FILES = 100;

/** When it expires unless it is used before. */
const expiresAtMs = ({ lastUsedAtMs, expiresDays }: StoredVectorStore): number =>
  expiresDays === null ? Infinity : lastUsedAtMs + expiresDays * DAY_MS;

/** Neither deleted nor expired. */
export const isVectorStoreLive = (store: StoredVectorStore, nowMs: number): boolean =>
  store.deletedAtMs === null && nowMs < expiresAtMs(store);

/** Ids of those that are live. */
export const liveVectorStoresIn = ({ vectorStores }: Store, nowMs: number): string[] =>
  [...vectorStores.values()].filter((one) => isVectorStoreLive(one, nowMs)).map(({ id }) => id);

/** The vector store, also an expired one: that is seen in its status. @throws ApiError 404 */
export function findVectorStore(store: Store, id: string): StoredVectorStore {
  const found = store.vectorStores.get(id);
  if (!found || found.deletedAtMs !== null) throw notFound('Vector store', id);
  return found;
}

/** One that can be searched, changed and added to. @throws ApiError 404, also when it has expired. */
export function usableVectorStore(store: Store, id: string, nowMs: number): StoredVectorStore {
  const found = findVectorStore(store, id);
  if (!isVectorStoreLive(found, nowMs)) throw notFound('Vector store', id);
  return found;
}

/** Its files; one that was deleted or has expired as a file is in no vector store either. */
export const filesOf = (store: Store, { files }: StoredVectorStore, nowMs: number): VectorStoreFile[] =>
  [...files.values()].filter(({ id }) => isFileLive(store.files.get(id), nowMs));

/** Those that file search finds something in. */
export const indexedFiles = (store: Store, found: StoredVectorStore, nowMs: number): VectorStoreFile[] =>
  filesOf(store, found, nowMs).filter((file) => fileStatusAt(file, nowMs) === 'completed');

function bodyOf(store: Store, found: StoredVectorStore, nowMs: number) {
  const files = filesOf(store, found, nowMs);
  const counts = countsAt(files, nowMs);
  const { expiresDays: days } = found;
  const busy = counts.in_progress > 0 ? 'in_progress' : 'completed';
  const indexed = files.filter((file) => fileStatusAt(file, nowMs) === 'completed');
  return {
    id: found.id,
    object: 'vector_store',
    created_at: Math.floor(found.createdAtMs / 1000),
    name: found.name,
    usage_bytes: indexed.reduce((sum, { bytes }) => sum + bytes, 0),
    file_counts: counts,
    status: isVectorStoreLive(found, nowMs) ? busy : 'expired',
    expires_after: days === null ? null : { anchor: 'last_active_at', days },
    expires_at: days === null ? null : Math.floor(expiresAtMs(found) / 1000),
    last_active_at: Math.floor(found.lastUsedAtMs / 1000),
    metadata: found.metadata,
  };
}

const CHANGEABLE = {
  name: string(),
  metadata: object({ maxProperties: 16, maxKeyLength: 64, entries: string({ maxLength: 512 }) }),
  expires_after: object({
    fields: { anchor: oneOf('last_active_at'), days: integer({ min: 1, max: 365 }) },
    required: ['anchor', 'days'],
  }),
};

const NEW = object({
  fields: {
    ...CHANGEABLE,
    description: string(),
    file_ids: array({ maxItems: MAX_FILES, items: string() }),
    chunking_strategy: object(),
  },
});

interface Fields {
  name?: string | null;
  file_ids?: string[] | null;
  metadata?: Record<string, string> | null;
  expires_after?: { days: number } | null;
}

function checkFields(json: unknown, rule: typeof NEW): Fields {
  check(json ?? {}, rule, '');
  const fields = (json ?? {}) as Fields;
  checkNumbers(fields.metadata ?? {}, ['emulator_indexing_seconds']);
  return fields;
}

/** `POST /v1/vector_stores`. */
export function createVectorStore({ store, pace }: ApiContext, { json }: Request, nowMs: number): Answer {
  const fields = checkFields(json, NEW);
  const metadata = fields.metadata ?? {};
  const eachMs = indexingMs(metadata, pace.timeScale);
  const files = [...new Set(fields.file_ids)].map((fileId, i) => {
    const times = { addedAtMs: nowMs, readyAtMs: nowMs + (i + 1) * eachMs };
    return attached(findUpload(store, fileId, nowMs, 'file_ids'), metadata, times);
  });
  const id = newId('vs_');
  const times = { createdAtMs: nowMs, lastUsedAtMs: nowMs, deletedAtMs: null };
  const expiresDays = fields.expires_after?.days ?? null;
  const vectorStore = { id, name: fields.name ?? null, metadata, expiresDays, files, ...times };
  store.write({ kind: 'vector_store', vectorStore });
  return { ...ok(bodyOf(store, findVectorStore(store, id), nowMs)), id };
}

/** `POST /v1/vector_stores/{id}`: what is not given stays; null takes it away. */
export function updateVectorStore({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { id } = findVectorStore(store, idIn(request));
  const { name, metadata, expires_after: expires } = checkFields(request.json, object({ fields: CHANGEABLE }));
  usableVectorStore(store, id, nowMs);
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata: metadata ?? {} }),
    ...(expires === undefined ? {} : { expiresDays: expires?.days ?? null }),
  };
  store.write({ kind: 'vector_store_changed', id, atMs: nowMs, change });
  return ok(bodyOf(store, findVectorStore(store, id), nowMs));
}

/** `GET /v1/vector_stores`, also those that have expired. */
export function listVectorStores({ store }: ApiContext, { query }: Request, nowMs: number): Answer {
  const kept = [...store.vectorStores.values()].filter(({ deletedAtMs }) => deletedAtMs === null);
  return ok(mappedPage(pageOf(kept, query, { usual: 20, max: 100 }), (one) => bodyOf(store, one, nowMs)));
}

/** `GET /v1/vector_stores/{id}`: no use of it. */
export const retrieveVectorStore = ({ store }: ApiContext, request: Request, nowMs: number): Answer =>
  ok(bodyOf(store, findVectorStore(store, idIn(request)), nowMs));

/** `DELETE /v1/vector_stores/{id}`; the files stay. */
export function deleteVectorStore({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { id } = findVectorStore(store, idIn(request));
  store.write({ kind: 'vector_store_deleted', id, atMs: nowMs });
  return ok({ id, object: 'vector_store.deleted', deleted: true });
}
