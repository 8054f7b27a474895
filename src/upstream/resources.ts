/** What a run needs around it: files, vector stores, containers. */
import type OpenAI from 'openai';
import { toFile, type Uploadable } from 'openai';
import { createdId } from './answer';
import type { CallLimits } from './call-limits';
import { withFile } from './local-file';

/** Runs a call within the deadline of calls. */
export type Limited = <T>(call: (limits: CallLimits) => Promise<T>) => Promise<T>;

export interface UploadOptions {
  purpose: string;
  /** Upstream deletes the file by itself after this time. */
  expiresAfterSeconds: number;
}

export interface VectorStoreState {
  /** False while a file is being indexed. */
  done: boolean;
  failed: { fileId: string; reason: string }[];
}

export interface ContainerFile {
  fileId: string;
  name: string;
}

/** What carries one mark: `id` for `delete...`. */
export interface Marked {
  files: string[];
  vectorStores: string[];
  containers: string[];
}

/** Each throws what the official client throws. */
export interface ResourceCalls {
  /** @throws FileUnreadableError before anything is sent. */
  uploadFile(path: string, options: UploadOptions): Promise<string>;
  uploadContent(content: Uint8Array, name: string, options: UploadOptions): Promise<string>;
  deleteFile(fileId: string): Promise<void>;
  createVectorStore(mark: string, fileIds: string[]): Promise<string>;
  vectorStoreState(vectorStoreId: string): Promise<VectorStoreState>;
  deleteVectorStore(vectorStoreId: string): Promise<void>;
  createContainer(mark: string, fileIds: string[]): Promise<string>;
  /** Any look at a container puts its expiry off. */
  touchContainer(containerId: string): Promise<void>;
  /** Files that runs made, not those that were put there. */
  madeFiles(containerId: string): Promise<ContainerFile[]>;
  containerFile(containerId: string, fileId: string): Promise<Uint8Array>;
  deleteContainer(containerId: string): Promise<void>;
  /** Everything that has `mark` in its name and is not older than `sinceMs`. */
  findMarked(mark: string, sinceMs: number): Promise<Marked>;
}

/** A vector store that nobody deletes costs money by the day. */
const VECTOR_STORE_EXPIRY_DAYS = 1;
/** The longest that the API gives; every look begins it anew. */
const CONTAINER_EXPIRY_MINUTES = 20;
/** `created_at` is upstream's clock, the mark's time is ours. */
const CLOCK_SKEW_MS = 300_000;
/** The largest page of each list. */
const FILES_PER_PAGE = 1_000;
const OTHERS_PER_PAGE = 100;

interface Listed {
  id: string;
  created_at: number;
  name?: string | null;
  filename?: string;
}

/** Lists come newest first, so what is older than the mark ends the search. */
async function marked(list: AsyncIterable<Listed>, mark: string, sinceMs: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, created_at: seconds, name, filename } of list) {
    if (seconds * 1000 < sinceMs - CLOCK_SKEW_MS) break;
    if ((filename ?? name ?? '').includes(mark)) ids.push(id);
  }
  return ids;
}

async function stateOf(openai: OpenAI, id: string, limits: CallLimits): Promise<VectorStoreState> {
  const { file_counts: counts } = await openai.vectorStores.retrieve(id, limits);
  const failed: VectorStoreState['failed'] = [];
  if (counts.in_progress > 0) return { done: false, failed };
  if (counts.failed + counts.cancelled > 0) {
    for await (const file of openai.vectorStores.files.list(id, { limit: OTHERS_PER_PAGE }, limits))
      if (file.status !== 'completed')
        failed.push({ fileId: file.id, reason: file.last_error?.message ?? file.status });
  }
  return { done: true, failed };
}

async function madeIn(openai: OpenAI, id: string, limits: CallLimits): Promise<ContainerFile[]> {
  const files: ContainerFile[] = [];
  for await (const file of openai.containers.files.list(id, { limit: OTHERS_PER_PAGE, order: 'asc' }, limits))
    if (file.source === 'assistant') files.push({ fileId: file.id, name: file.path.split('/').at(-1) ?? file.path });
  return files;
}

function upload(openai: OpenAI, limited: Limited, file: Uploadable, options: UploadOptions): Promise<string> {
  const { purpose, expiresAfterSeconds: seconds } = options;
  const body = {
    file,
    purpose: purpose as 'user_data',
    expires_after: { anchor: 'created_at' as const, seconds },
  };
  return limited(async (limits) => createdId(await openai.files.create(body, limits)));
}

/** Sources: the Files, Vector Stores and Containers pages of the API reference. */
export function resourceCalls(openai: OpenAI, limited: Limited): ResourceCalls {
  return {
    uploadFile: (path, options) => withFile(path, (file) => upload(openai, limited, file, options)),
    uploadContent: async (content, name, options) =>
      upload(openai, limited, await toFile(content as Uint8Array<ArrayBuffer>, name), options),
    deleteFile: async (id) => void (await limited(async (limits) => openai.files.delete(id, limits))),
    createVectorStore: (mark, fileIds) => {
      const expires = { anchor: 'last_active_at' as const, days: VECTOR_STORE_EXPIRY_DAYS };
      const body = { name: mark, file_ids: fileIds, expires_after: expires };
      return limited(async (limits) => createdId(await openai.vectorStores.create(body, limits)));
    },
    vectorStoreState: (id) => limited((limits) => stateOf(openai, id, limits)),
    deleteVectorStore: async (id) => void (await limited(async (limits) => openai.vectorStores.delete(id, limits))),
    createContainer: (mark, fileIds) => {
      const expires = { anchor: 'last_active_at' as const, minutes: CONTAINER_EXPIRY_MINUTES };
      const body = { name: mark, file_ids: fileIds, expires_after: expires };
      return limited(async (limits) => createdId(await openai.containers.create(body, limits)));
    },
    touchContainer: async (id) => void (await limited(async (limits) => openai.containers.retrieve(id, limits))),
    madeFiles: (id) => limited((limits) => madeIn(openai, id, limits)),
    containerFile: (container_id, fileId) =>
      limited(async (limits) => {
        const answer = await openai.containers.files.content.retrieve(fileId, { container_id }, limits);
        return new Uint8Array(await answer.arrayBuffer());
      }),
    deleteContainer: (id) => limited(async (limits) => openai.containers.delete(id, limits)),
    findMarked: (mark, sinceMs) =>
      limited(async (limits) => {
        const newest = { order: 'desc' as const, limit: OTHERS_PER_PAGE };
        const files = openai.files.list({ purpose: 'user_data', order: 'desc', limit: FILES_PER_PAGE }, limits);
        return {
          files: await marked(files, mark, sinceMs),
          vectorStores: await marked(openai.vectorStores.list(newest, limits), mark, sinceMs),
          containers: await marked(openai.containers.list({ ...newest, name: mark }, limits), mark, sinceMs),
        };
      }),
  };
}
