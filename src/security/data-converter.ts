/** The data converter that encrypts: for workers, clients and replays. */
import type { DataConverter } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encryptedStore, type BlobStore } from '../store';
import { EncryptionCodec } from './codec';
import { KeyRing, type KeyProvider } from './key-ring';
import type { EncryptionKey } from './keys';

export interface Encryption {
  /** The current key first; the others only decrypt. Or what gives them. */
  keys: readonly EncryptionKey[] | KeyProvider;
  /** False: nothing new is encrypted, and what is can still be read. Default true. */
  encrypt?: boolean;
}

/** `off`: payloads are stored in clear, and what was encrypted cannot be read. */
export type EncryptionSetting = Encryption | 'off';

/** The SDK loads them by their paths. Run from source (tests), they are what the build made: Node reads no TypeScript. */
const built = (...path: string[]): string =>
  [join(__dirname, '..', ...path)].find((own) => existsSync(own)) ?? join(__dirname, '..', '..', 'lib', 'src', ...path);

export const FAILURE_CONVERTER_PATH = built('security', 'failure-converter.js');
/** Interceptors of workflows (`workflowInterceptorModules`): see `src/workflows/lost-payloads.ts`. */
export const LOST_PAYLOADS_PATH = built('workflows', 'lost-payloads.js');

const partsOf = (encryption: EncryptionSetting): Encryption =>
  encryption === 'off' ? { keys: [], encrypt: false } : encryption;

/** The store of batches, reports and large answers, with the same keys. What lies there in clear can still be read. */
export function encryptedBlobs(store: BlobStore, encryption: EncryptionSetting): BlobStore {
  const { keys, encrypt } = partsOf(encryption);
  return encryptedStore(store, new KeyRing(keys), encrypt !== false);
}

/**
 * A data converter with encryption: give it to a client or a worker of your own, or to `Worker.runReplayHistory`, to
 * read what this package wrote. Codecs of `base` come first, so what they make is encrypted too. With
 * `externalStorage: externalStorage(store)` in `base` it also reads what is too large for a history.
 *
 * @param namespace Of the client or worker: what was encrypted for one cannot be read in another.
 * @throws UsageError for keys that are none.
 */
export function encryptedDataConverter(
  encryption: EncryptionSetting,
  namespace: string,
  base: DataConverter = {},
): DataConverter {
  const { keys, encrypt } = partsOf(encryption);
  // Also where nothing is encrypted: it says which key is missing, where the SDK would speak of an encoding.
  const codec = new EncryptionCodec(new KeyRing(keys), { namespace, encrypt });
  const failures = encrypt === false ? {} : { failureConverterPath: FAILURE_CONVERTER_PATH };
  return { ...failures, ...base, payloadCodecs: [...(base.payloadCodecs ?? []), codec] };
}
