/** What changes vector stores, as the journal keeps it. */
import type { Json, StoredVectorStore, VectorStoreBatch, VectorStoreFile } from './types';

/** What cannot be told by later entries. */
export type NewVectorStore = Omit<StoredVectorStore, 'files' | 'batches'> & { files: VectorStoreFile[] };

export type VectorStoreEntry =
  | { kind: 'vector_store'; vectorStore: NewVectorStore }
  | {
      kind: 'vector_store_changed';
      id: string;
      atMs: number;
      change: Partial<Pick<StoredVectorStore, 'name' | 'metadata' | 'expiresDays'>>;
    }
  | { kind: 'vector_store_file'; id: string; file: VectorStoreFile }
  | { kind: 'vector_store_file_removed'; id: string; fileId: string; atMs: number }
  | { kind: 'vector_store_batch'; id: string; batch: VectorStoreBatch }
  | { kind: 'vector_store_deleted'; id: string; atMs: number };

/** A search, a change or a new file begins the days of its expiry anew. */
export function useVectorStore(stores: Map<string, StoredVectorStore>, id: string, atMs: number): void {
  const found = stores.get(id);
  if (found) found.lastUsedAtMs = Math.max(found.lastUsedAtMs, atMs);
}

/** The vector stores that a request searches. */
export function searchedIn({ tools }: Json): string[] {
  const given = Array.isArray(tools) ? (tools as { type?: unknown; vector_store_ids?: string[] }[]) : [];
  return given.filter(({ type }) => type === 'file_search').flatMap((tool) => tool.vector_store_ids ?? []);
}

/** Makes a journaled change. */
export function applyToVectorStores(stores: Map<string, StoredVectorStore>, entry: VectorStoreEntry): void {
  if (entry.kind === 'vector_store') {
    const { files, ...made } = entry.vectorStore;
    const byId = new Map(files.map((file) => [file.id, file]));
    return void stores.set(made.id, { ...made, files: byId, batches: new Map() });
  }
  const store = stores.get(entry.id);
  switch (entry.kind) {
    case 'vector_store_changed':
      if (store) Object.assign(store, entry.change);
      return useVectorStore(stores, entry.id, entry.atMs);
    case 'vector_store_file':
      store?.files.set(entry.file.id, entry.file);
      return useVectorStore(stores, entry.id, entry.file.addedAtMs);
    case 'vector_store_file_removed':
      store?.files.delete(entry.fileId);
      return useVectorStore(stores, entry.id, entry.atMs);
    case 'vector_store_batch':
      return void store?.batches.set(entry.batch.id, entry.batch);
    case 'vector_store_deleted':
      if (store) store.deletedAtMs = entry.atMs;
  }
}
