/** Where requests may lead: what a URL may be, before anything is connected to. Pure. */
import { isIP } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './addresses';
import { parseUrl } from './parse-url';

/** The setting that lists what may be private. */
export const PRIVATE_HOSTS = 'DURABLE_RESPONSES_PRIVATE_HOSTS';

/** Signed URLs of the clouds have about 2,000. */
const MAX_URL_CHARS = 8_192;

/** Names that lead nowhere on the internet: they belong to this machine, to a network, or to a cloud. */
const PRIVATE_NAMES = /(^|\.)(localhost|localdomain|local|internal|intranet|private|lan|corp|home|home\.arpa)$/;

/** Without the brackets of IPv6, and without the dot that may end a name. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** With the brackets: `[fd00::1]:80` and `[fd00::1:80]` are two things. */
const listedName = ({ hostname }: URL): string => hostname.replace(/\.$/, '');

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'http:' ? '80' : '443');
}

const isName = (host: string): boolean => isIP(host) === 0;

/** `host`, or `host:port`, as a URL would have it; undefined when it is neither. IPv6 needs its brackets. */
export function normalHost(entry: string): string | undefined {
  const [, name = '', port = ''] = /^(\[[^\]]+\]|[^:[\]]+)(:[1-9]\d{0,4})?$/.exec(entry) ?? [];
  const url = parseUrl(`http://${name}${port}`);
  if (name === '' || /[/?#@\\%*\s]/.test(name) || !url) return undefined;
  return `${listedName(url)}${port}`;
}

/** Whether the operator has listed it: with its port, or with none for all of them. */
function isListed(url: URL, privateHosts: readonly string[]): boolean {
  const host = listedName(url);
  return privateHosts.includes(host) || privateHosts.includes(`${host}:${portOf(url)}`);
}

function isPublicHost(host: string): boolean {
  if (!isName(host)) return isPublicAddress(host);
  // One label is a machine of the own network. An empty one is taken for different names by different programs.
  return host.includes('.') && !/^\.|\.\.|\.$/.test(host) && !PRIVATE_NAMES.test(host);
}

function isLoopbackHost(host: string): boolean {
  return isName(host) ? /(^|\.)localhost$/.test(host) : isLoopbackAddress(host);
}

/** What programs read differently, so that what was checked is not what is fetched; undefined when nothing is. */
function spellingProblem(text: string, mayHaveUser: boolean): string | undefined {
  if (text.length > MAX_URL_CHARS) return `longer than ${MAX_URL_CHARS} characters; write a shorter address`;
  if (/[\s\\\p{Cc}\p{Cf}]/u.test(text)) return 'has white space, a control character or a backslash in it; encode it';
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined || !parseUrl(text)) return 'is no address; write https://host/path';
  if (authority.includes('@') && !mayHaveUser) return 'has a user name or a password in it; write it without';
  if (authority.slice(authority.lastIndexOf('@') + 1).includes('%')) return 'has an encoded host; write its name';
  return undefined;
}

export interface UrlRules {
  /** From `normalHost`: hosts that may be private, and reached without TLS. */
  privateHosts: readonly string[];
  /** A user name and a password may stand in it: the operator has written it. */
  mayHaveUser?: boolean;
}

/**
 * What is wrong with a URL that somebody else chose and that will be fetched, and what to do; undefined when nothing
 * is: it must be `https`, without a user, with a host of the internet or a listed one.
 */
export function urlProblem(text: string, { privateHosts, mayHaveUser = false }: UrlRules): string | undefined {
  const spelling = spellingProblem(text, mayHaveUser);
  if (spelling !== undefined) return spelling;
  const url = new URL(text);
  if (isListed(url, privateHosts)) return undefined;
  if (url.protocol !== 'https:') return `is not protected by TLS; write https:// ${orList(url)}`;
  return isPublicHost(hostOf(url)) ? undefined : privateProblem(url);
}

const orList = (url: URL): string =>
  `(or list ${listedName(url).slice(0, 60)} in ${PRIVATE_HOSTS} of clients and workers, if it is meant)`;

/** Said of a URL whose host is, or is found at, an address that is not public. */
export const privateProblem = (url: URL): string =>
  `leads to a host that is not on the public internet; write a public one ${orList(url)}`;

/** The name to look up before a URL is trusted; undefined where there is none: an address, or a listed host. */
export function nameToCheck(text: string, privateHosts: readonly string[]): string | undefined {
  const url = parseUrl(text);
  return !url || isListed(url, privateHosts) || !isName(hostOf(url)) ? undefined : hostOf(url);
}

/**
 * What is wrong with the address of upstream, said without repeating it; undefined when nothing is. The operator has
 * written it, so this machine needs no other word; anything else without TLS, or private, has to be listed too.
 */
export function baseUrlProblem(text: string, privateHosts: readonly string[]): string | undefined {
  const url = parseUrl(text);
  if (!url || !/^https?:\/\/[^/]/i.test(text)) return 'expected a URL such as https://api.openai.com/v1';
  const { username, password, search, hash } = url;
  // `fetch` takes no user, and a path cannot be added behind a query.
  if (`${username}${password}${search}${hash}` !== '') return 'expected a URL without a user, a query and a fragment';
  if (reachOf(url, privateHosts) !== 'public') return undefined;
  if (url.protocol === 'http:')
    return `expected https:// (http:// would send the key and the prompts in clear; if that is meant, list the host in ${PRIVATE_HOSTS})`;
  if (isPublicHost(hostOf(url))) return undefined;
  return `expected a host of the public internet (if a private one is meant, list it in ${PRIVATE_HOSTS})`;
}

/** Which addresses the host of a URL may have: of the internet, of this machine, or any. */
export type Reach = 'public' | 'loopback' | 'any';

export function reachOf(url: URL, privateHosts: readonly string[]): Reach {
  if (isListed(url, privateHosts)) return 'any';
  return isLoopbackHost(hostOf(url)) ? 'loopback' : 'public';
}

export function mayReach(address: string, reach: Reach): boolean {
  if (reach === 'any') return true;
  return reach === 'loopback' ? isLoopbackAddress(address) : isPublicAddress(address);
}
