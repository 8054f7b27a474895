/** The values behind names, for the time of a request. */
import { messageOf } from '../errors';
import { rememberHidden, MIN_HIDDEN_CHARS } from '../security/hidden-values';
import { redact } from '../security/redact';
import { withinTime } from '../within-time';

/**
 * Gives the value of `secret://NAME`, undefined when there is none; a vault may stand behind it. Called before each create,
 * so that a changed value holds from the next one on. What it throws is taken for trouble that passes: the task tries
 * again until its deadline.
 */
export type SecretProvider = (name: string) => string | undefined | Promise<string | undefined>;

/** A secret that a task cannot have, now or later: nothing was sent. */
export class SecretError extends Error {
  override readonly name = 'SecretError';

  /** @param code `secret_missing`: no such name. `secret_unusable`: there is one, and it cannot be a secret. */
  constructor(
    readonly code: 'secret_missing' | 'secret_unusable',
    message: string,
  ) {
    super(message);
  }
}

export const MAX_SECRET_BYTES = 64 * 1024;

/** Nothing heartbeats meanwhile, and the activity may be silent for 9 s. */
const PROVIDER_MS = 7_000;

function ask(name: string, provider: SecretProvider): Promise<string | undefined> {
  const message = `the secret ${name} was not there after ${PROVIDER_MS / 1000} s`;
  return withinTime(PROVIDER_MS, message, () => provider(name));
}

/** What is wrong with a value; undefined when nothing is. Never quotes it. */
function unusable(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'is no text';
  if (value.length < MIN_HIDDEN_CHARS) {
    return `has less than ${MIN_HIDDEN_CHARS} characters, and could not be taken out of messages`;
  }
  return Buffer.byteLength(value) > MAX_SECRET_BYTES ? `has more than ${MAX_SECRET_BYTES} bytes` : undefined;
}

/**
 * The values of these names, each asked for once. From now on this process hides them in whatever it says.
 *
 * @throws SecretError naming each that is missing; what the provider throws.
 */
export async function secretValues(
  names: readonly string[],
  provider: SecretProvider,
): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(names.map(async (name) => [name, await ask(name, provider)] as const));
  const missing = found.filter(([, value]) => value === undefined || value === '').map(([name]) => name);
  if (missing.length > 0) throw new SecretError('secret_missing', `This worker knows no secret ${missing.join(', ')}.`);
  for (const [name, value] of found) {
    const problem = unusable(value);
    if (problem) throw new SecretError('secret_unusable', `The secret ${name} ${problem}.`);
  }
  const values = new Map(found.map(([name, value]) => [name, value ?? '']));
  rememberHidden(values.values());
  return values;
}

/** What a provider threw, in words that may be told. */
export const reasonOf = (error: unknown): string => redact(messageOf(error));
