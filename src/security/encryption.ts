/** Which keys a program uses: those of its settings, and those of the data folder with the embedded server. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config';
import { UsageError } from '../errors';
import type { Encryption } from './data-converter';
import { checkKeys, MAKE_A_KEY, parseKeys, type CheckedKey } from './keys';
import { ensureSecretFile, findSecretFile, readSecretFile } from './secret-file';

/** What the settings come to: keys that were checked, the current one first. */
export interface ConfiguredEncryption extends Encryption {
  keys: readonly CheckedKey[];
  encrypt: boolean;
}

/** Whose server it is. Only the one that this package starts has keys of its own. */
export type ServerSource = 'configured' | 'embedded';

const KEY_FILE = 'encryption.keys';

/** The keys of the embedded server of a data folder. */
export const keyFileOf = (dataDir: string): string => join(dataDir, KEY_FILE);

const HEADER = `# The keys of this folder's Temporal server, the first one in use. Without them its histories cannot be read.\n`;

/** The id says which folder's key it is when several are at hand. */
function freshKeys(): string {
  return `${HEADER}local-${randomBytes(3).toString('hex')}:${randomBytes(32).toString('base64')}\n`;
}

function parsed(text: string, name: string): CheckedKey[] {
  try {
    return parseKeys(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.problems.map((problem) => `${name}: ${problem}`));
  }
}

async function keysOfSettings({ encryption }: Config): Promise<CheckedKey[]> {
  const { keys, keysFile } = encryption;
  if (keysFile === undefined) return [...keys];
  const name = 'DURABLE_RESPONSES_ENCRYPTION_KEYS_FILE';
  return checkKeys([...keys, ...parsed(await readSecretFile(keysFile, name), name)]);
}

async function keysOfFolder(dataDir: string, mayMake: boolean): Promise<CheckedKey[]> {
  const path = keyFileOf(dataDir);
  const text = mayMake ? await ensureSecretFile(path, path, freshKeys()) : await findSecretFile(path, path);
  return text === undefined ? [] : parsed(text, path);
}

/**
 * The encryption of a program that talks to a server of this kind. With the embedded server a key is made in the data
 * folder, which must be there, unless the settings have keys or turn encryption off.
 *
 * @throws UsageError when nothing says whether to encrypt on another server, and for keys that cannot be used.
 */
export async function configuredEncryption(config: Config, source: ServerSource): Promise<ConfiguredEncryption> {
  const { off } = config.encryption;
  const given = await keysOfSettings(config);
  const own = source === 'embedded' ? await keysOfFolder(config.dataDir, given.length === 0 && !off) : [];
  const keys = checkKeys([...given, ...own]);
  if (keys.length === 0 && !off) {
    throw new UsageError([
      'Encryption: no key is set, so everybody with access to the Temporal server could read prompts and answers.',
      `Set DURABLE_RESPONSES_ENCRYPTION_KEYS, the same for all programs (make one: ${MAKE_A_KEY}),`,
      'or set DURABLE_RESPONSES_ENCRYPTION=off to store them in clear.',
    ]);
  }
  return { keys, encrypt: !off };
}
