/** The data converter that encrypts: for workers, clients and replays. */
import type { DataConverter } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

/** The SDK loads it by its path. Run from source (tests), it is the one that the build made, since Node reads no TypeScript. */
export const FAILURE_CONVERTER_PATH =
  [join(__dirname, 'failure-converter.js')].find((path) => existsSync(path)) ??
  join(__dirname, '..', '..', 'lib', 'src', 'security', 'failure-converter.js');

/**
 * A data converter with encryption: give it to a client or a worker of your own, or to `Worker.runReplayHistory`, to
 * read what this package wrote. Codecs of `base` come first, so what they make is encrypted too.
 *
 * @param namespace Of the client or worker: what was encrypted for one cannot be read in another.
 * @throws UsageError for keys that are none.
 */
export function encryptedDataConverter(
  encryption: EncryptionSetting,
  namespace: string,
  base: DataConverter = {},
): DataConverter {
  const { keys, encrypt } = encryption === 'off' ? { keys: [], encrypt: false } : encryption;
  // Also where nothing is encrypted: it says which key is missing, where the SDK would speak of an encoding.
  const codec = new EncryptionCodec(new KeyRing(keys), { namespace, encrypt });
  const failures = encrypt === false ? {} : { failureConverterPath: FAILURE_CONVERTER_PATH };
  return { ...failures, ...base, payloadCodecs: [...(base.payloadCodecs ?? []), codec] };
}
