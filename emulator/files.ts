/** `/v1/files` and `/v1/containers`. */
import { randomBytes } from 'node:crypto';
import type { Answer } from './api';
import type { Store } from './store';
import { ApiError, notFound, type StoredContainer, type StoredFile } from './types';

/** A container is gone this long after it was last used. */
const CONTAINER_IDLE_MS = 20 * 60_000;

const fileBody = (file: StoredFile) => ({
  id: file.id,
  object: 'file',
  bytes: Buffer.from(file.content, 'base64').length,
  created_at: Math.floor(file.createdAtMs / 1000),
  expires_at: file.expiresAtMs === null ? null : Math.floor(file.expiresAtMs / 1000),
  filename: file.filename,
  purpose: file.purpose,
  status: 'processed',
});

/** Takes a multipart upload. @throws ApiError 400 when `file` or `purpose` is missing. */
export async function createFile(store: Store, contentType: string, body: Buffer, nowMs: number): Promise<Answer> {
  const parsed = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- fine for the small uploads of tests; a parser library would be one more dependency.
  const form = await parsed.formData().catch(() => new FormData());
  const upload = form.get('file');
  const purpose = form.get('purpose');
  if (!(upload instanceof File)) throw new ApiError(400, "Missing required parameter: 'file'.", { param: 'file' });
  if (typeof purpose !== 'string')
    throw new ApiError(400, "Missing required parameter: 'purpose'.", { param: 'purpose' });
  const seconds = Number(form.get('expires_after[seconds]') ?? NaN);
  const file: StoredFile = {
    id: `file-${randomBytes(12).toString('hex')}`,
    filename: upload.name,
    purpose,
    createdAtMs: nowMs,
    expiresAtMs: Number.isNaN(seconds) ? null : nowMs + seconds * 1000,
    content: Buffer.from(await upload.arrayBuffer()).toString('base64'),
    deleted: false,
  };
  store.write({ kind: 'file', file });
  return { status: 200, body: fileBody(file) };
}

/** Neither deleted nor expired. */
export const isLive = (file: StoredFile | undefined, nowMs: number): file is StoredFile =>
  file !== undefined && !file.deleted && (file.expiresAtMs === null || nowMs < file.expiresAtMs);

function findFile(store: Store, id: string, nowMs: number): StoredFile {
  const file = store.files.get(id);
  if (!isLive(file, nowMs)) throw new ApiError(404, `No such File object: ${id}`, { param: 'id' });
  return file;
}

function findContainer(store: Store, id: string, nowMs: number): StoredContainer {
  const container = store.containers.get(id);
  const gone = !container || container.deleted || nowMs - container.lastUsedAtMs > CONTAINER_IDLE_MS;
  if (gone) throw notFound('Container', id);
  return container;
}

/** Everything below `/v1/files` but the upload. */
export function fileRoute(store: Store, method: string, path: string[], nowMs: number): Answer {
  const [id, part] = path;
  if (id === undefined) {
    const live = [...store.files.values()].filter((file) => isLive(file, nowMs));
    return { status: 200, body: { object: 'list', data: live.map(fileBody), has_more: false } };
  }
  const file = findFile(store, id, nowMs);
  if (method === 'DELETE') {
    store.write({ kind: 'file_deleted', id });
    return { status: 200, body: { id, object: 'file', deleted: true } };
  }
  if (part === 'content') return { status: 200, body: Buffer.from(file.content, 'base64') };
  return { status: 200, body: fileBody(file) };
}

const containerFile = (container: StoredContainer, file: StoredContainer['files'][number]) => ({
  id: file.id,
  object: 'container.file',
  container_id: container.id,
  created_at: Math.floor(container.createdAtMs / 1000),
  bytes: Buffer.byteLength(file.content),
  path: file.path,
  source: 'assistant',
});

/** Everything below `/v1/containers`. */
export function containerRoute(store: Store, method: string, path: string[], nowMs: number): Answer {
  const [id = '', files, fileId, content] = path;
  const container = findContainer(store, id, nowMs);
  if (method === 'DELETE' && files === undefined) {
    store.write({ kind: 'container_deleted', id });
    return { status: 200, body: { id, object: 'container.deleted', deleted: true } };
  }
  store.write({ kind: 'container_used', id, atMs: nowMs });
  if (files === undefined) return { status: 200, body: { id, object: 'container', status: 'running' } };
  if (fileId === undefined) {
    const data = container.files.map((file) => containerFile(container, file));
    return { status: 200, body: { object: 'list', data, has_more: false } };
  }
  const file = container.files.find((candidate) => candidate.id === fileId);
  if (!file) throw notFound('Container file', fileId);
  if (content === 'content') return { status: 200, body: Buffer.from(file.content) };
  return { status: 200, body: containerFile(container, file) };
}
