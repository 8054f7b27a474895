/** The keys that a process knows: one that encrypts, and all that decrypt. */
import { messageOf, UsageError } from '../errors';
import { redact } from './redact';
import { checkKeys, type CheckedKey, type EncryptionKey } from './keys';

/**
 * Gives all keys, the current one first; a key service may stand behind it. Called before the first payload, and again
 * when something was encrypted with a key that is not known yet, at most once in 10 s.
 */
export type KeyProvider = () => readonly EncryptionKey[] | Promise<readonly EncryptionKey[]>;

/** Something was encrypted with a key that this program does not have. */
export class MissingKeyError extends Error {
  override readonly name = 'MissingKeyError';

  constructor(readonly keyId: string) {
    super(
      `The encryption key "${keyId}" is missing: this was encrypted with it. Add it behind the current key in ` +
        'DURABLE_RESPONSES_ENCRYPTION_KEYS (or its file), and start this program again.',
    );
  }
}

/**
 * What gives the keys failed, and something was encrypted with one that is not known yet. Only reading throws it: an
 * activity that fails with it has not begun.
 */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';

  /** @param reason What the provider threw; not kept, it may have more than words. */
  constructor(
    readonly keyId: string,
    reason: unknown,
  ) {
    super(
      `The encryption key "${keyId}" could not be had: ${redact(messageOf(reason))}. It is asked for again; look at ` +
        'your key service when this goes on.',
    );
  }
}

/** Many payloads with an unknown key must not become as many calls of a key service. */
const ASK_AGAIN_MS = 10_000;

export class KeyRing {
  private keys: readonly CheckedKey[] | undefined;
  private asking: Promise<readonly CheckedKey[]> | undefined;
  private askedAtMs = -Infinity;
  /** What the provider threw last; undefined when it gave keys. */
  private failure: unknown;
  private readonly provider: KeyProvider | undefined;

  /** @throws UsageError for keys that are none; those of a provider are checked when it gives them. */
  constructor(keys: readonly EncryptionKey[] | KeyProvider) {
    if (typeof keys === 'function') this.provider = keys;
    else this.keys = checkKeys(keys);
  }

  /**
   * The key to encrypt with.
   * @throws UsageError when there is none; what the provider throws, as it is: much may have been done by then.
   */
  async current(): Promise<CheckedKey> {
    const [key] = this.keys ?? (await this.ask());
    if (!key) throw new UsageError(['Nothing can be encrypted: no encryption key was given; give one, or turn it off']);
    return key;
  }

  /** @throws MissingKeyError; KeysUnavailableError while the provider fails. */
  async find(id: string): Promise<CheckedKey> {
    const known = await this.lookUp(id).catch((error: unknown) => {
      throw new KeysUnavailableError(id, error);
    });
    if (known) return known;
    throw this.failure === undefined ? new MissingKeyError(id) : new KeysUnavailableError(id, this.failure);
  }

  private async lookUp(id: string): Promise<CheckedKey | undefined> {
    const among = (keys: readonly CheckedKey[]) => keys.find((key) => key.id === id);
    const found = among(this.keys ?? (await this.ask()));
    const mayAsk = this.asking !== undefined || Date.now() - this.askedAtMs >= ASK_AGAIN_MS;
    return found ?? (this.provider && mayAsk ? among(await this.ask()) : undefined);
  }

  /** One call at a time, whoever waits. */
  private ask(): Promise<readonly CheckedKey[]> {
    this.asking ??= this.askProvider().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async askProvider(): Promise<readonly CheckedKey[]> {
    this.askedAtMs = Date.now();
    try {
      this.keys = checkKeys((await this.provider?.()) ?? []);
      this.failure = undefined;
      return this.keys;
    } catch (error) {
      this.failure = error ?? 'no reason given';
      throw error;
    }
  }
}
