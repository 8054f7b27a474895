/** `/v1/vector_stores/{id}/files` and `/file_batches`: files that are put in later, one by one or many at once. */
import { ok, type Answer } from './answer';
import { idIn, newId, type ApiContext, type Request } from './context';
import { ApiError, notFound } from './errors';
import { findUpload } from './files';
import { attached, countsAt, fileStatusAt, idleAtMs, indexingMs } from './indexing';
import { mappedPage, pageOf, type Page } from './pages';
import { any, array, check, object, oneOf, string } from './rules';
import type { StoredVectorStore, VectorStoreFile } from './types';
import { filesOf, findVectorStore, usableVectorStore } from './vector-stores';

const PAGES = { usual: 20, max: 100 };
const MAX_BATCH_FILES = 2000;

const fileBody = (store: StoredVectorStore, file: VectorStoreFile, nowMs: number) => ({
  id: file.id,
  object: 'vector_store.file',
  usage_bytes: fileStatusAt(file, nowMs) === 'completed' ? file.bytes : 0,
  created_at: Math.floor(file.addedAtMs / 1000),
  vector_store_id: store.id,
  status: fileStatusAt(file, nowMs),
  last_error: nowMs >= file.readyAtMs ? file.error : null,
});

/** Puts files in, all or none; one that is there already and has not failed stays as it is. */
function addFiles({ store, pace }: ApiContext, target: StoredVectorStore, ids: readonly string[], nowMs: number): void {
  const uploads = [...new Set(ids)].map((id) => findUpload(store, id, nowMs, 'file_id'));
  const eachMs = indexingMs(target.metadata, pace.timeScale);
  let readyAtMs = idleAtMs(target, nowMs);
  for (const upload of uploads) {
    const present = target.files.get(upload.id);
    if (present && fileStatusAt(present, nowMs) !== 'failed') continue;
    readyAtMs += eachMs;
    const file = attached(upload, target.metadata, { addedAtMs: nowMs, readyAtMs });
    store.write({ kind: 'vector_store_file', id: target.id, file });
  }
}

function findFile({ store }: ApiContext, request: Request, nowMs: number): [StoredVectorStore, VectorStoreFile] {
  const found = findVectorStore(store, idIn(request));
  const id = request.path[3] ?? '';
  const file = filesOf(store, found, nowMs).find((one) => one.id === id);
  if (!file) throw new ApiError(404, `No file found with id '${id}' in vector store '${found.id}'.`);
  return [found, file];
}

const ONE = object({
  fields: { file_id: string(), attributes: object(), chunking_strategy: any },
  required: ['file_id'],
});

/** `POST /v1/vector_stores/{id}/files`. */
export function createVectorStoreFile(context: ApiContext, request: Request, nowMs: number): Answer {
  const found = usableVectorStore(context.store, idIn(request), nowMs);
  check(request.json ?? {}, ONE, '');
  const { file_id: id } = request.json as { file_id: string };
  addFiles(context, found, [id], nowMs);
  return { ...ok(fileBody(...findFile(context, { ...request, path: [...request.path, id] }, nowMs), nowMs)), id };
}

function listed(
  found: StoredVectorStore,
  files: VectorStoreFile[],
  query: URLSearchParams,
  nowMs: number,
): Page<object> {
  const wanted = query.get('filter');
  if (wanted !== null) check(wanted, oneOf('in_progress', 'completed', 'failed', 'cancelled'), 'filter');
  const shown = files.filter((file) => wanted === null || fileStatusAt(file, nowMs) === wanted);
  return mappedPage(pageOf(shown, query, PAGES), (file) => fileBody(found, file, nowMs));
}

/** `GET /v1/vector_stores/{id}/files`. */
export function listVectorStoreFiles({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const found = findVectorStore(store, idIn(request));
  return ok(listed(found, filesOf(store, found, nowMs), request.query, nowMs));
}

/** `GET /v1/vector_stores/{id}/files/{file}`. */
export const retrieveVectorStoreFile = (context: ApiContext, request: Request, nowMs: number): Answer =>
  ok(fileBody(...findFile(context, request, nowMs), nowMs));

/** `DELETE /v1/vector_stores/{id}/files/{file}`; the file itself stays. */
export function deleteVectorStoreFile(context: ApiContext, request: Request, nowMs: number): Answer {
  const [found, { id }] = findFile(context, request, nowMs);
  context.store.write({ kind: 'vector_store_file_removed', id: found.id, fileId: id, atMs: nowMs });
  return ok({ id, object: 'vector_store.file.deleted', deleted: true });
}

function findBatch({ store }: ApiContext, request: Request, nowMs: number) {
  const found = findVectorStore(store, idIn(request));
  const id = request.path[3] ?? '';
  const batch = found.batches.get(id);
  if (!batch) throw notFound('Vector store file batch', id);
  const members = new Set(batch.fileIds);
  return { found, batch, files: filesOf(store, found, nowMs).filter((file) => members.has(file.id)) };
}

function batchBody({ found, batch, files }: ReturnType<typeof findBatch>, nowMs: number) {
  const counts = countsAt(files, nowMs);
  return {
    id: batch.id,
    object: 'vector_store.files_batch',
    created_at: Math.floor(batch.createdAtMs / 1000),
    vector_store_id: found.id,
    status: counts.in_progress > 0 ? 'in_progress' : 'completed',
    file_counts: counts,
  };
}

const MANY = object({
  fields: {
    file_ids: array({ maxItems: MAX_BATCH_FILES, items: string() }),
    attributes: object(),
    chunking_strategy: any,
  },
  required: ['file_ids'],
});

/** `POST /v1/vector_stores/{id}/file_batches`, with `file_ids`. */
export function createVectorStoreBatch(context: ApiContext, request: Request, nowMs: number): Answer {
  const found = usableVectorStore(context.store, idIn(request), nowMs);
  check(request.json ?? {}, MANY, '');
  const { file_ids: fileIds } = request.json as { file_ids: string[] };
  addFiles(context, found, fileIds, nowMs);
  const id = newId('vsfb_');
  context.store.write({ kind: 'vector_store_batch', id: found.id, batch: { id, createdAtMs: nowMs, fileIds } });
  return { ...ok(batchBody(findBatch(context, { ...request, path: [...request.path, id] }, nowMs), nowMs)), id };
}

/** `GET /v1/vector_stores/{id}/file_batches/{batch}`. */
export const retrieveVectorStoreBatch = (context: ApiContext, request: Request, nowMs: number): Answer =>
  ok(batchBody(findBatch(context, request, nowMs), nowMs));

/** `GET /v1/vector_stores/{id}/file_batches/{batch}/files`. */
export function listVectorStoreBatchFiles(context: ApiContext, request: Request, nowMs: number): Answer {
  const { found, files } = findBatch(context, request, nowMs);
  return ok(listed(found, files, request.query, nowMs));
}
