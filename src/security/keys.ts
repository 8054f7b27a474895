/** Encryption keys: their form, where they are written, and what is refused. No message ever repeats a key. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { UsageError } from '../errors';

/** A key that a program gives. */
export interface EncryptionKey {
  /** Written beside everything that the key encrypts, in clear: 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  id: string;
  /** 32 random bytes; a string is their Base64. */
  key: KeyObject | Uint8Array | string;
}

/** A key that was checked. As a `KeyObject` it appears in no log and no JSON. */
export interface CheckedKey {
  id: string;
  key: KeyObject;
}

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const BYTES = 32;
/** 32 bytes as Base64, also the form for URLs; the last character has four bits. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

export const EXPECTED_KEYS = 'expected id:key pairs, each key 32 random bytes in Base64, the first one in use';

/** How to make one, for messages: the command is in every system that has OpenSSL. */
export const MAKE_A_KEY = 'echo "k1:$(openssl rand -base64 32)"';

export const isKeyId = (id: string): boolean => ID.test(id);

function secretOf(key: EncryptionKey['key']): KeyObject | null {
  if (typeof key === 'string') return BASE64.test(key) ? createSecretKey(key, 'base64') : null;
  if (key instanceof Uint8Array) return key.length === BYTES ? createSecretKey(key) : null;
  return key.type === 'secret' && key.symmetricKeySize === BYTES ? key : null;
}

/**
 * Checks keys, the current one first.
 * @throws UsageError for an id or a key of another form, and for an id that is given twice with different keys.
 */
export function checkKeys(given: readonly EncryptionKey[]): CheckedKey[] {
  const checked = new Map<string, CheckedKey>();
  given.forEach(({ id, key }, i) => {
    const name = `encryption key ${i + 1}`;
    if (typeof id !== 'string' || !isKeyId(id)) {
      throw new UsageError([`${name}: its id must be 1 to 64 of A-Z a-z 0-9 . _ -`]);
    }
    const secret = secretOf(key);
    if (secret === null) throw new UsageError([`${name} (${id}): ${EXPECTED_KEYS}`]);
    const same = checked.get(id);
    if (same && !same.key.equals(secret)) throw new UsageError([`encryption key ${id}: given twice, and not the same`]);
    if (!same) checked.set(id, { id, key: secret });
  });
  return [...checked.values()];
}

/**
 * Keys as text: `id:key` pairs separated by commas or white space. In a file a line may be a comment (`#`).
 * @throws UsageError as `checkKeys`.
 */
export function parseKeys(text: string): CheckedKey[] {
  const pairs = text
    .replace(/^\s*#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((pair) => pair !== '');
  return checkKeys(
    pairs.map((pair) => {
      const at = pair.indexOf(':');
      return { id: pair.slice(0, Math.max(at, 0)), key: pair.slice(at + 1) };
    }),
  );
}

/** The form that `parseKeys` reads. A secret: it is only for the file of keys, and for a program of one's own. */
export function writeKeys(keys: readonly CheckedKey[]): string {
  return keys.map(({ id, key }) => `${id}:${key.export().toString('base64')}`).join('\n');
}
