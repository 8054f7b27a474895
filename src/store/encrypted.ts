/**
 * A store whose blobs are encrypted with the keys of the payloads: AES-256-GCM, in segments, so that a part can be read
 * without the rest. What lies there in clear, from before encryption was turned on, can still be read.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { BlobStore, ByteRange } from '.';
import type { KeyRing } from '../security/key-ring';
import { isKeyId, type CheckedKey } from '../security/keys';
import { BlobMissingError, DamagedBlobError } from './errors';

/** What is encrypted at once. An item of a batch is read with one or two of them. */
const SEGMENT_BYTES = 64 * 1024;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED_BYTES = NONCE_BYTES + SEGMENT_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';

/** No text in UTF-8 begins like this. */
const MAGIC = Buffer.from([0xff, 0x44, 0x52, 0x42, 0x01]);
const KEY_ID_BYTES = 64;
/** Magic, id of the key, a number for this very blob, its length in clear. */
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + 16 + 8;

interface Header {
  bytes: Buffer;
  keyId: string;
  sizeBytes: number;
}

function newHeader(keyId: string, sizeBytes: number): Header {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.write(keyId, 'ascii');
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(sizeBytes));
  return { bytes: Buffer.concat([MAGIC, id, randomBytes(16), size]), keyId, sizeBytes };
}

/** Null for what this store did not encrypt. */
function readHeader(bytes: Buffer): Header | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const id = bytes.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES).toString('ascii');
  const keyId = id.replace(/\0+$/, '');
  return { bytes, keyId, sizeBytes: Number(bytes.readBigUInt64BE(HEADER_BYTES - 8)) };
}

/** What is authenticated beside a segment: whose it is, and which. So none can be exchanged, left out or cut off. */
function associated(blobKey: string, header: Header, segment: number): Buffer {
  return Buffer.concat([header.bytes, Buffer.from(`\n${segment}\n${blobKey}`)]);
}

/** How many bytes the segments from `first` to before `end` have, of a blob with so many in clear. */
function sealedBytes(sizeBytes: number, first: number, end: number): number {
  const clear = Math.min(end * SEGMENT_BYTES, sizeBytes) - first * SEGMENT_BYTES;
  return clear + (end - first) * (NONCE_BYTES + TAG_BYTES);
}

const segmentsOf = (bytes: number): number => Math.ceil(bytes / SEGMENT_BYTES);

function encrypt(blobKey: string, content: Buffer, { id, key }: CheckedKey): Buffer {
  const header = newHeader(id, content.length);
  const segments = segmentsOf(content.length);
  // Made once and filled: of 60 MB there should not be one copy more.
  const all = Buffer.allocUnsafe(HEADER_BYTES + sealedBytes(content.length, 0, segments));
  let at = header.bytes.copy(all);
  for (let segment = 0; segment < segments; segment++) {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated(blobKey, header, segment));
    const start = segment * SEGMENT_BYTES;
    at += nonce.copy(all, at);
    at += cipher.update(content.subarray(start, start + SEGMENT_BYTES)).copy(all, at);
    // Of this mode it is empty, and without it there is no tag.
    at += cipher.final().copy(all, at);
    at += cipher.getAuthTag().copy(all, at);
  }
  return all;
}

/** @param first The number of the first segment in `sealed`. @throws whatever says that it was changed. */
function decrypt(blobKey: string, header: Header, sealed: Buffer, first: number, key: CheckedKey['key']): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, segment = first; at < sealed.length; at += SEALED_BYTES, segment++) {
    const one = sealed.subarray(at, at + SEALED_BYTES);
    const decipher = createDecipheriv(CIPHER, key, one.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(blobKey, header, segment));
    decipher.setAuthTag(one.subarray(-TAG_BYTES));
    parts.push(decipher.update(one.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final());
  }
  return Buffer.concat(parts);
}

class EncryptedReader {
  constructor(
    private readonly store: BlobStore,
    private readonly keys: KeyRing,
  ) {}

  async whole(key: string): Promise<Buffer> {
    const content = await this.store.get(key);
    const header = readHeader(content.subarray(0, HEADER_BYTES));
    if (!header) return content;
    const sealed = content.subarray(HEADER_BYTES);
    if (sealed.length !== sealedBytes(header.sizeBytes, 0, segmentsOf(header.sizeBytes))) throw this.damaged(key);
    return this.open(key, header, sealed, 0);
  }

  async part(key: string, range: ByteRange): Promise<Buffer> {
    const header = await this.headerOf(key);
    if (!header) return this.store.get(key, range);
    const end = range.offset + range.length;
    if (end > header.sizeBytes) throw new BlobMissingError(key, this.store.place);
    const first = Math.floor(range.offset / SEGMENT_BYTES);
    const last = Math.max(segmentsOf(end), first);
    const offset = HEADER_BYTES + first * SEALED_BYTES;
    const sealed = await this.store.get(key, { offset, length: sealedBytes(header.sizeBytes, first, last) });
    const start = range.offset - first * SEGMENT_BYTES;
    return (await this.open(key, header, sealed, first)).subarray(start, start + range.length);
  }

  private async headerOf(key: string): Promise<Header | null> {
    try {
      return readHeader(await this.store.get(key, { offset: 0, length: HEADER_BYTES }));
    } catch (error) {
      // Shorter than a header: in clear, or not there, which the next read says.
      if (error instanceof BlobMissingError) return null;
      throw error;
    }
  }

  private async open(key: string, header: Header, sealed: Buffer, first: number): Promise<Buffer> {
    if (!isKeyId(header.keyId)) throw this.damaged(key);
    const found = await this.keys.find(header.keyId);
    try {
      return decrypt(key, header, sealed, first, found.key);
    } catch {
      // The cause says no more than that, and would only invite guesses.
      throw this.damaged(key, found.id);
    }
  }

  private damaged(key: string, keyId?: string): DamagedBlobError {
    const why = 'it was changed, cut or exchanged';
    const keyed = keyId === undefined ? why : `${why}, or another key has the id "${keyId}"`;
    return new DamagedBlobError(key, this.store.place, keyed);
  }
}

/** The same bytes; only a text is copied. */
const bufferOf = (content: string | Uint8Array): Buffer =>
  typeof content === 'string'
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);

/**
 * Puts encryption around a store. Each blob is bound to its key in the store (not to the store: it may be moved whole).
 *
 * @param mustEncrypt False: writes in clear, and reads what is encrypted.
 * @returns A store whose `get` throws `MissingKeyError` for a key that is not known, `DamagedBlobError` for what was
 * changed; never a part of it.
 */
export function encryptedStore(store: BlobStore, keys: KeyRing, mustEncrypt = true): BlobStore {
  const reader = new EncryptedReader(store, keys);
  return {
    place: store.place,
    put: async (key, content) => {
      const clear = bufferOf(content);
      await store.put(key, mustEncrypt ? encrypt(key, clear, await keys.current()) : clear);
    },
    get: (key, range) => (range ? reader.part(key, range) : reader.whole(key)),
    removeAll: (prefix) => store.removeAll(prefix),
    remove: (names) => store.remove(names),
    list: (prefix) => store.list(prefix),
    entries: (prefix) => store.entries(prefix),
  };
}
