/** `/v1/vector_stores`: what file search looks into. Indexing takes time. */
import { ok, type Answer } from './answer';
import { idIn, newId, type ApiContext, type Request } from './context';
import { ApiError, notFound } from './errors';
import { isFileLive } from './files';
import { pageOf } from './pages';
import { array, check, integer, object, oneOf, string } from './rules';
import type { Store } from './store';
import type { StoredVectorStore, VectorStoreFile } from './types';

const DAY_MS = 86_400_000;
const MAX_FILES = 100;

/** Per file, unless `metadata.emulator_indexing_seconds` says otherwise. */
const INDEXING_SECONDS = 1;

/** What file search can read; other files fail to be indexed, as at the API. */
const READABLE = /\.(c|cpp|cs|css|csv|docx?|go|html|java|js|json|md|pdf|php|pptx|py|rb|sh|tex|ts|txt|xlsx)$/i;

export const isVectorStoreLive = (store: StoredVectorStore | undefined, nowMs: number): store is StoredVectorStore =>
  store !== undefined &&
  store.deletedAtMs === null &&
  (store.expiresDays === null || nowMs < store.lastUsedAtMs + store.expiresDays * DAY_MS);

/** @throws ApiError 404 when it was deleted, has expired, or never was. */
export function findVectorStore(store: Store, id: string, nowMs: number): StoredVectorStore {
  const found = store.vectorStores.get(id);
  if (!isVectorStoreLive(found, nowMs)) throw notFound('Vector store', id);
  return found;
}

function statusOf({ readyAtMs, error }: VectorStoreFile, nowMs: number): 'in_progress' | 'completed' | 'failed' {
  if (nowMs < readyAtMs) return 'in_progress';
  return error ? 'failed' : 'completed';
}

/** Those that file search finds something in. */
export const indexedFiles = (store: StoredVectorStore, nowMs: number): VectorStoreFile[] =>
  store.files.filter((file) => statusOf(file, nowMs) === 'completed');

function bodyOf(store: StoredVectorStore, nowMs: number) {
  const count = (status: string) => store.files.filter((file) => statusOf(file, nowMs) === status).length;
  const counts = { in_progress: count('in_progress'), completed: count('completed'), failed: count('failed') };
  const { expiresDays: days } = store;
  return {
    id: store.id,
    object: 'vector_store',
    created_at: Math.floor(store.createdAtMs / 1000),
    name: store.name,
    usage_bytes: indexedFiles(store, nowMs).reduce((sum, { bytes }) => sum + bytes, 0),
    file_counts: { ...counts, cancelled: 0, total: store.files.length },
    status: counts.in_progress > 0 ? 'in_progress' : 'completed',
    expires_after: days === null ? null : { anchor: 'last_active_at', days },
    expires_at: days === null ? null : Math.floor((store.lastUsedAtMs + days * DAY_MS) / 1000),
    last_active_at: Math.floor(store.lastUsedAtMs / 1000),
    metadata: store.metadata,
  };
}

const fileBody = (store: StoredVectorStore, file: VectorStoreFile, nowMs: number) => ({
  id: file.id,
  object: 'vector_store.file',
  usage_bytes: statusOf(file, nowMs) === 'completed' ? file.bytes : 0,
  created_at: Math.floor(file.addedAtMs / 1000),
  vector_store_id: store.id,
  status: statusOf(file, nowMs),
  last_error: nowMs >= file.readyAtMs ? file.error : null,
});

const NEW = object({
  fields: {
    name: string(),
    description: string(),
    file_ids: array({ maxItems: MAX_FILES, items: string() }),
    metadata: object({ maxProperties: 16, maxKeyLength: 64, entries: string({ maxLength: 512 }) }),
    expires_after: object({
      fields: { anchor: oneOf('last_active_at'), days: integer({ min: 1, max: 365 }) },
      required: ['anchor', 'days'],
    }),
    chunking_strategy: object(),
  },
});

function fileOf(store: Store, id: string, nowMs: number, readyAtMs: number): VectorStoreFile {
  const file = store.files.get(id);
  if (!isFileLive(file, nowMs)) throw new ApiError(404, `No such File object: ${id}`, { param: 'file_ids' });
  const error =
    file.bytes === 0
      ? { code: 'invalid_file', message: 'The file is empty.' }
      : READABLE.test(file.filename)
        ? null
        : { code: 'unsupported_file', message: 'The file type is not supported.' };
  return { id, filename: file.filename, bytes: file.bytes, addedAtMs: nowMs, readyAtMs, error };
}

interface NewStore {
  name?: string | null;
  file_ids?: string[];
  metadata?: Record<string, string> | null;
  expires_after?: { days: number };
}

/** `POST /v1/vector_stores`. */
export function createVectorStore({ store, pace }: ApiContext, { json }: Request, nowMs: number): Answer {
  check(json ?? {}, NEW, '');
  const { name = null, file_ids = [], metadata, expires_after: expires } = (json ?? {}) as NewStore;
  const seconds = Number(metadata?.emulator_indexing_seconds ?? INDEXING_SECONDS) / pace.timeScale;
  const files = file_ids.map((id, i) => fileOf(store, id, nowMs, nowMs + (i + 1) * seconds * 1000));
  const id = newId('vs_');
  const times = { createdAtMs: nowMs, lastUsedAtMs: nowMs, deletedAtMs: null };
  const made = { id, name, metadata: metadata ?? {}, expiresDays: expires?.days ?? null, files, ...times };
  store.write({ kind: 'vector_store', vectorStore: made });
  return { ...ok(bodyOf(made, nowMs)), id };
}

/** `GET /v1/vector_stores`. */
export function listVectorStores({ store }: ApiContext, { query }: Request, nowMs: number): Answer {
  const live = [...store.vectorStores.values()].filter((one) => isVectorStoreLive(one, nowMs));
  return ok(
    pageOf(
      live.map((one) => bodyOf(one, nowMs)),
      query,
      { usual: 20, max: 100 },
    ),
  );
}

/** `GET /v1/vector_stores/{id}`. */
export const retrieveVectorStore = ({ store }: ApiContext, request: Request, nowMs: number): Answer =>
  ok(bodyOf(findVectorStore(store, idIn(request), nowMs), nowMs));

/** `DELETE /v1/vector_stores/{id}`; the files stay. */
export function deleteVectorStore({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { id } = findVectorStore(store, idIn(request), nowMs);
  store.write({ kind: 'vector_store_deleted', id, atMs: nowMs });
  return ok({ id, object: 'vector_store.deleted', deleted: true });
}

/** `GET /v1/vector_stores/{id}/files`. */
export function listVectorStoreFiles({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const found = findVectorStore(store, idIn(request), nowMs);
  const wanted = request.query.get('filter');
  const bodies = found.files.map((file) => fileBody(found, file, nowMs));
  const shown = bodies.filter(({ status }) => wanted === null || status === wanted);
  return ok(pageOf(shown, request.query, { usual: 20, max: 100 }));
}
