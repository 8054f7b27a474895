/** Where the input and the answers of batches and reports lie, and what is too large for a history: whole and unchanged. */
export { encryptedStore } from './encrypted';
export { folderStore } from './folder';
export { batchKeys, reportKeys } from './keys';
export { BlobMissingError, DamagedBlobError } from './errors';
export { answersFolder, batchFolder, reportFolder, taskFolder } from './places';
export { s3Store, type S3StoreOptions } from './s3';

/** Part of a blob, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** A blob, as a listing of the store has it. */
export interface BlobEntry {
  key: string;
  sizeBytes: number;
  /** When it was last written, by the store's clock. */
  writtenMs: number;
}

/**
 * Blobs by key. The client and every worker must see the same ones. Keys are relative paths of safe characters that
 * this package makes.
 */
export interface BlobStore {
  /** Where it is, for messages. */
  readonly place: string;
  /** Writes a blob whole or not at all; one that is there is replaced. */
  put(key: string, content: string | Uint8Array): Promise<void>;
  /** @throws BlobMissingError when there is none, or it is shorter than `range`; DamagedBlobError when it was changed. */
  get(key: string, range?: ByteRange): Promise<Buffer>;
  /** Deletes everything below `prefix` (which ends with `/`); nothing there is no error. */
  removeAll(prefix: string): Promise<void>;
  /** Deletes these blobs; those that are not there are no error. */
  remove(keys: string[]): Promise<void>;
  /** The keys right below `prefix` (which ends with `/`), sorted. */
  list(prefix: string): Promise<string[]>;
  /** Every blob below `prefix` (which ends with `/`), in no order; what was left half-written too. */
  entries(prefix: string): AsyncIterable<BlobEntry>;
}
