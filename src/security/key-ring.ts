/** The keys that a process knows: one that encrypts, and all that decrypt. */
import { UsageError } from '../errors';
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

/** Many payloads with an unknown key must not become as many calls of a key service. */
const ASK_AGAIN_MS = 10_000;

export class KeyRing {
  private keys: readonly CheckedKey[] | undefined;
  private asking: Promise<readonly CheckedKey[]> | undefined;
  private askedAtMs = -Infinity;
  private readonly provider: KeyProvider | undefined;

  /** @throws UsageError for keys that are none; those of a provider are checked when it gives them. */
  constructor(keys: readonly EncryptionKey[] | KeyProvider) {
    if (typeof keys === 'function') this.provider = keys;
    else this.keys = checkKeys(keys);
  }

  /** The key to encrypt with. @throws UsageError when there is none; what the provider throws. */
  async current(): Promise<CheckedKey> {
    const [key] = this.keys ?? (await this.ask());
    if (!key) throw new UsageError(['Nothing can be encrypted: no encryption key was given; give one, or turn it off']);
    return key;
  }

  /** @throws MissingKeyError; what the provider throws. */
  async find(id: string): Promise<CheckedKey> {
    const known = await this.lookUp(id);
    if (!known) throw new MissingKeyError(id);
    return known;
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
    const keys = checkKeys((await this.provider?.()) ?? []);
    this.keys = keys;
    return keys;
  }
}
