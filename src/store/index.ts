/** Where the input and the answers of batches and reports lie: outside of histories, whole and unchanged. */
export { folderStore } from './folder';
export { batchFolder, batchKeys, reportFolder, reportKeys } from './keys';

/** Part of a blob, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * Small blobs by key. The client and every worker must see the same ones. Keys are relative paths of safe characters
 * that this package makes.
 */
export interface BlobStore {
  /** Where it is, for messages. */
  readonly place: string;
  /** Writes a blob whole or not at all; one that is there is replaced. */
  put(key: string, content: string | Uint8Array): Promise<void>;
  /** @throws BlobMissingError when there is none, or it is shorter than `range`. */
  get(key: string, range?: ByteRange): Promise<Buffer>;
  /** Deletes everything below `prefix` (which ends with `/`); nothing there is no error. */
  removeAll(prefix: string): Promise<void>;
  /** The keys that begin with `prefix` (which ends with `/`), sorted. */
  list(prefix: string): Promise<string[]>;
}

export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';

  constructor(key: string, place: string) {
    super(`There is no ${key} in ${place}.`);
  }
}
