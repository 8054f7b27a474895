/** `/v1/containers/{id}/files`: what users put there, and what runs made. */
import { ok, type Answer } from './answer';
import { madeFiles } from './artifacts';
import { useContainer } from './containers';
import { newId, type ApiContext, type Request } from './context';
import { ApiError, missing, notFound } from './errors';
import { isFileLive } from './files';
import { endsAtMs, statusAt } from './lifecycle';
import { parseMultipart } from './multipart';
import { pageOf } from './pages';
import type { Store } from './store';
import type { ContainerUpload, StoredContainer } from './types';

interface ContainerFile {
  id: string;
  path: string;
  createdAtMs: number;
  source: 'user' | 'assistant';
  bytes: number;
  /** Asked for only where it is needed: a list does without. */
  content: () => Buffer;
}

function uploadOf(filename: string, content: string, nowMs: number): ContainerUpload {
  return { id: newId('cfile_'), path: `/mnt/data/${filename}`, createdAtMs: nowMs, content };
}

/** Copies uploaded files, all or none. @throws ApiError 404 */
export function addUploadedFiles(
  store: Store,
  fileIds: readonly string[],
  nowMs: number,
  add: (files: ContainerUpload[]) => void,
): void {
  const files = fileIds.map((id) => {
    const file = store.files.get(id);
    if (!isFileLive(file, nowMs)) throw new ApiError(404, `No such File object: ${id}`, { param: 'file_ids' });
    return uploadOf(file.filename, file.content, nowMs);
  });
  add(files);
}

/** Runs leave their files when they end, not before. */
function filesOf(store: Store, container: StoredContainer, nowMs: number): ContainerFile[] {
  const uploads = container.uploads.map((file): ContainerFile => {
    const content = () => Buffer.from(file.content, 'base64');
    return { ...file, source: 'user', bytes: Buffer.byteLength(file.content, 'base64'), content };
  });
  const made = container.responseIds.flatMap((id): ContainerFile[] => {
    const response = store.responses.get(id);
    if (!response || !['completed', 'incomplete'].includes(statusAt(response, nowMs))) return [];
    const createdAtMs = endsAtMs(response);
    return madeFiles(response).map(({ id: fileId, path, content }) => {
      return { id: fileId, path, createdAtMs, source: 'assistant', bytes: content.length, content: () => content };
    });
  });
  return [...uploads, ...made].filter(({ id }) => !container.deletedFileIds.has(id));
}

const fileBody = (container: StoredContainer, { id, path, createdAtMs, source, bytes }: ContainerFile) => ({
  id,
  object: 'container.file',
  container_id: container.id,
  created_at: Math.floor(createdAtMs / 1000),
  bytes,
  path,
  source,
});

function find(context: ApiContext, request: Request, nowMs: number): [StoredContainer, ContainerFile] {
  const container = useContainer(context, request, nowMs);
  const id = request.path[3] ?? '';
  const file = filesOf(context.store, container, nowMs).find((candidate) => candidate.id === id);
  if (!file) throw notFound('Container file', id);
  return [container, file];
}

/** `POST /v1/containers/{id}/files`: multipart, or JSON with the `file_id` of an uploaded file. */
export function createContainerFile(context: ApiContext, request: Request, nowMs: number): Answer {
  const container = useContainer(context, request, nowMs);
  const write = (file: ContainerUpload) => context.store.write({ kind: 'container_upload', id: container.id, file });
  if (request.contentType.startsWith('multipart/')) {
    const { file } = parseMultipart(request.contentType, request.body).files;
    if (!file) throw missing('file');
    write(uploadOf(file.filename, file.content.toString('base64'), nowMs));
  } else {
    const fileId = (request.json as { file_id?: unknown } | null | undefined)?.file_id;
    if (typeof fileId !== 'string') throw missing('file_id');
    addUploadedFiles(context.store, [fileId], nowMs, (files) => files.forEach(write));
  }
  const added = filesOf(context.store, container, nowMs)
    .filter(({ source }) => source === 'user')
    .at(-1);
  if (!added) throw new Error('A file that was written is there.');
  return { ...ok(fileBody(container, added)), id: added.id };
}

/** `GET /v1/containers/{id}/files`. */
export function listContainerFiles(context: ApiContext, request: Request, nowMs: number): Answer {
  const container = useContainer(context, request, nowMs);
  const bodies = filesOf(context.store, container, nowMs).map((file) => fileBody(container, file));
  return ok(pageOf(bodies, request.query, { usual: 20, max: 100 }));
}

/** `GET /v1/containers/{id}/files/{file}`. */
export const retrieveContainerFile = (context: ApiContext, request: Request, nowMs: number): Answer =>
  ok(fileBody(...find(context, request, nowMs)));

/** `GET /v1/containers/{id}/files/{file}/content`. */
export const containerFileContent = (context: ApiContext, request: Request, nowMs: number): Answer =>
  ok(find(context, request, nowMs)[1].content());

/** `DELETE /v1/containers/{id}/files/{file}`. */
export function deleteContainerFile(context: ApiContext, request: Request, nowMs: number): Answer {
  const [container, file] = find(context, request, nowMs);
  context.store.write({ kind: 'container_file_deleted', id: container.id, fileId: file.id });
  return ok({ id: file.id, object: 'container.file.deleted', deleted: true });
}
