/**
 * Encrypts payloads before they leave the process: AES-256-GCM, a random nonce for each. The whole payload, with its own
 * metadata, is inside; outside are only the marker, the id of the key, and the size.
 */
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring';
import { isKeyId, type CheckedKey } from './keys';

/** Names the format: what another codec made, has another marker. */
export const ENCRYPTED = 'binary/encrypted-durable-responses-1';

const CIPHER = 'aes-256-gcm';
/** The size that GCM is made for. Drawn at random, so change a key long before it has encrypted 2^32 payloads. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const { Payload: PayloadMessage } = temporal.api.common.v1;

/** Something was changed after it was encrypted, or belongs to another namespace. */
export class DamagedPayloadError extends Error {
  override readonly name = 'DamagedPayloadError';

  constructor(keyId: string, namespace: string) {
    super(
      `A payload cannot be decrypted with the key "${keyId}": it was changed, it comes from another namespace than ` +
        `"${namespace}", or another key has this id. Compare TEMPORAL_NAMESPACE and the keys with those of the writer.`,
    );
  }
}

/** What is protected against exchange although it is not secret. Neither id nor marker can hold a line break. */
function associated(keyId: string, namespace: string): Buffer {
  return Buffer.from(`${ENCRYPTED}\n${keyId}\n${namespace}`);
}

function encrypt(payload: Payload, { id, key }: CheckedKey, namespace: string): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(id, namespace));
  const hidden = cipher.update(PayloadMessage.encode(payload).finish());
  return {
    metadata: { encoding: Buffer.from(ENCRYPTED), 'encryption-key-id': Buffer.from(id) },
    data: Buffer.concat([nonce, hidden, cipher.final(), cipher.getAuthTag()]),
  };
}

function decrypt(data: Uint8Array, { id, key }: CheckedKey, namespace: string): Payload {
  try {
    const nonce = data.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(id, namespace));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    const plain = [decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(plain));
  } catch {
    // The cause says no more than that, and would only invite guesses.
    throw new DamagedPayloadError(id, namespace);
  }
}

const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

/** True for what this codec made. */
export const isEncrypted = ({ metadata }: Payload): boolean => textOf(metadata?.encoding) === ENCRYPTED;

export interface EncryptionCodecOptions {
  /** Payloads of one namespace cannot be read in another. */
  namespace: string;
  /** False: reads what is encrypted, and writes in clear. Default true. */
  encrypt?: boolean;
}

/** Encrypts with the current key, decrypts with any that is known, and leaves alone what it did not make. */
export class EncryptionCodec implements PayloadCodec {
  constructor(
    private readonly keys: KeyRing,
    private readonly options: EncryptionCodecOptions,
  ) {}

  /** @throws UsageError when there is no key. */
  async encode(payloads: Payload[]): Promise<Payload[]> {
    if (this.options.encrypt === false || payloads.length === 0) return payloads;
    const key = await this.keys.current();
    return payloads.map((payload) => (isEncrypted(payload) ? payload : encrypt(payload, key, this.options.namespace)));
  }

  /** @throws MissingKeyError for a key that is not known; DamagedPayloadError for what was changed. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map(async (payload) => (isEncrypted(payload) ? this.open(payload) : payload)));
  }

  private async open({ metadata, data }: Payload): Promise<Payload> {
    const { namespace } = this.options;
    const id = textOf(metadata?.['encryption-key-id']);
    // It would be quoted in an error, and whoever can write to the server can write anything there.
    if (!isKeyId(id)) throw new DamagedPayloadError('?', namespace);
    return decrypt(data ?? new Uint8Array(), await this.keys.find(id), namespace);
  }
}
