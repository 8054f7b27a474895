/** The URLs of a request, once more: what was started by another program has passed no door, and secrets are known here. */
import { fetchedUrls, isInline, type FetchedUrl } from '../door/urls';
import { isPublicAddress } from '../network/addresses';
import { findAddresses, type FindAddresses } from '../network/names';
import { nameToCheck, PRIVATE_HOSTS, privateProblem, urlProblem } from '../network/url-policy';

export interface UrlCheck {
  privateHosts: readonly string[];
  /** Values of `secret://` references: the operator has written them. */
  secretValues: readonly string[];
  find?: FindAddresses;
}

const SECRET_PROBLEM =
  'stands for no https:// address of the public internet; correct the secret of the worker, ' +
  `or list its host in ${PRIVATE_HOSTS}`;

/**
 * Upstream has its own DNS, so this says nothing for sure: it stops names that are private for everybody. A name that
 * is not found passes.
 */
async function nameProblem(
  text: string,
  { privateHosts, find = findAddresses }: UrlCheck,
): Promise<string | undefined> {
  const name = nameToCheck(text, privateHosts);
  const addresses = name === undefined ? [] : await find(name);
  return addresses.every(isPublicAddress) ? undefined : privateProblem(new URL(text));
}

async function problemOf({ field, text }: FetchedUrl, check: UrlCheck): Promise<string | undefined> {
  const { privateHosts, secretValues } = check;
  const isSecret = secretValues.includes(text);
  const problem = urlProblem(text, { privateHosts, mayHaveUser: isSecret }) ?? (await nameProblem(text, check));
  if (problem === undefined) return undefined;
  // Not even the host of a secret is told.
  return `${field}: ${isSecret ? `its secret:// reference ${SECRET_PROBLEM}` : problem}`;
}

function onceEach(find: FindAddresses): FindAddresses {
  const found = new Map<string, Promise<string[]>>();
  return (name) => {
    const addresses = found.get(name) ?? find(name);
    found.set(name, addresses);
    return addresses;
  };
}

/** What is wrong with the first URL that upstream should not be sent to: its field and what to do; else undefined. */
export async function requestUrlProblem(body: object, check: UrlCheck): Promise<string | undefined> {
  const urls = fetchedUrls({ ...body }).filter((url) => !isInline(url));
  const find = onceEach(check.find ?? findAddresses);
  const problems = await Promise.all(urls.map((url) => problemOf(url, { ...check, find })));
  return problems.find((problem) => problem !== undefined);
}
