/**
 * Values that another worker has sent: upstream may quote them, so this one has to know them before it passes on what
 * upstream says of the response.
 */
import { secretValues, type SecretProvider } from './values';

/** The oldest go first: one that is looked at again would be asked for once more. */
const MAX_RESPONSES = 10_000;

type Asked = Map<string, Promise<unknown>>;

interface Recalls {
  /** By response, since its create may have been sent with newer values than the one before. */
  responses: Asked;
  /** By name, only while it is asked for: after a restart hundreds of looks need the same one. */
  names: Asked;
}

const recalls = new WeakMap<SecretProvider, Recalls>();

function recallsOf(provider: SecretProvider): Recalls {
  const known = recalls.get(provider) ?? { responses: new Map(), names: new Map() };
  recalls.set(provider, known);
  return known;
}

function askOnce(name: string, provider: SecretProvider, names: Asked): Promise<unknown> {
  const asking = names.get(name) ?? secretValues([name], provider).finally(() => names.delete(name));
  names.set(name, asking);
  return asking;
}

/**
 * Asks for the values of these names, once for each response, and again after a failure; whoever comes meanwhile waits too.
 * Never fails, and takes no longer than a provider may: a value that cannot be had now is no reason not to look at a run
 * that is paid.
 */
export async function recallSecrets(
  responseId: string,
  names: readonly string[],
  provider: SecretProvider,
): Promise<void> {
  if (names.length === 0) return;
  const { responses, names: underWay } = recallsOf(provider);
  const asking = responses.get(responseId) ?? Promise.all(names.map((name) => askOnce(name, provider, underWay)));
  responses.set(responseId, asking);
  for (const oldest of responses.keys()) {
    if (responses.size <= MAX_RESPONSES) break;
    responses.delete(oldest);
  }
  await asking.catch(() => responses.delete(responseId));
}
