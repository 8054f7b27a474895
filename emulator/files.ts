/** `/v1/files`. */
import { ok, type Answer } from './answer';
import { idIn, newId, type ApiContext, type Request } from './context';
import { ApiError, missing, refuse } from './errors';
import { parseMultipart } from './multipart';
import { pageOf } from './pages';
import { check, integer, oneOf } from './rules';
import type { Store } from './store';
import type { StoredFile } from './types';

const fileBody = ({ id, bytes, createdAtMs, expiresAtMs, filename, purpose }: StoredFile) => ({
  id,
  object: 'file',
  bytes,
  created_at: Math.floor(createdAtMs / 1000),
  expires_at: expiresAtMs === null ? null : Math.floor(expiresAtMs / 1000),
  filename,
  purpose,
  status: 'processed',
});

/** Neither deleted nor expired. */
export const isFileLive = (file: StoredFile | undefined, nowMs: number): file is StoredFile =>
  file !== undefined && file.deletedAtMs == null && (file.expiresAtMs === null || nowMs < file.expiresAtMs);

/** A file that was uploaded. @throws ApiError 404 when it is not there, or not any more. */
export function findUpload(store: Store, id: string, nowMs: number, param = 'id'): StoredFile {
  const file = store.files.get(id);
  if (!isFileLive(file, nowMs)) throw new ApiError(404, `No such File object: ${id}`, { param });
  return file;
}

const purposes = oneOf('assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals');

function secondsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = Number(text);
  check(Number.isNaN(seconds) ? text : seconds, integer({ min: 3600, max: 2_592_000 }), 'expires_after.seconds');
  return seconds;
}

/** `POST /v1/files`, as multipart. */
export function createFile({ store }: ApiContext, { contentType, body }: Request, nowMs: number): Answer {
  const { fields, files } = parseMultipart(contentType, body);
  const upload = files.file;
  if (!upload) throw missing('file');
  if (fields.purpose === undefined) throw missing('purpose');
  check(fields.purpose, purposes, 'purpose');
  const anchor = fields['expires_after[anchor]'];
  if (anchor !== undefined) check(anchor, oneOf('created_at'), 'expires_after.anchor');
  const seconds = secondsOf(fields['expires_after[seconds]']);
  const file: StoredFile = {
    id: newId('file-', 12),
    filename: upload.filename,
    bytes: upload.content.length,
    purpose: fields.purpose,
    createdAtMs: nowMs,
    expiresAtMs: seconds === null ? null : nowMs + seconds * 1000,
    content: upload.content.toString('base64'),
    deletedAtMs: null,
  };
  store.write({ kind: 'file', file });
  return { ...ok(fileBody(file)), id: file.id };
}

/** `GET /v1/files`. */
export function listFiles({ store }: ApiContext, { query }: Request, nowMs: number): Answer {
  const purpose = query.get('purpose');
  const live = [...store.files.values()].filter((file) => isFileLive(file, nowMs));
  const wanted = live.filter((file) => purpose === null || file.purpose === purpose);
  return ok(pageOf(wanted.map(fileBody), query, { usual: 10_000, max: 10_000 }));
}

/** `GET /v1/files/{id}`. */
export const retrieveFile = ({ store }: ApiContext, request: Request, nowMs: number): Answer =>
  ok(fileBody(findUpload(store, idIn(request), nowMs)));

/** `GET /v1/files/{id}/content`. */
export function fileContent({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { content, purpose } = findUpload(store, idIn(request), nowMs);
  // The API gives back what it made itself and what fine-tuning needs, not what users keep with it.
  if (purpose === 'assistants')
    throw refuse('invalid_request', null, `Not allowed to download files of purpose: ${purpose}`);
  return ok(Buffer.from(content, 'base64'));
}

/** `DELETE /v1/files/{id}`. */
export function deleteFile({ store }: ApiContext, request: Request, nowMs: number): Answer {
  const { id } = findUpload(store, idIn(request), nowMs);
  store.write({ kind: 'file_deleted', id, atMs: nowMs });
  return ok({ id, object: 'file', deleted: true });
}
