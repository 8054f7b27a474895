/** How upstream is reached: whether its address may be used, what it may be found at, and through which proxy. */
import { proxyFromEnv } from '../config';
import { UsageError } from '../errors';
import { guardedDispatcher, MAX_CONNECT_MS, type FetchDispatcher, type ProxySettings } from '../network/dispatcher';
import { parseUrl } from '../network/parse-url';
import { baseUrlProblem, normalHost, reachOf } from '../network/url-policy';

export interface NetworkOptions {
  /** Hosts (`host` or `host:port`) that may have private addresses and be reached without TLS. Default: none. */
  privateHosts?: readonly string[];
  /** Default: what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment say. */
  proxy?: ProxySettings;
}

/** @throws UsageError for what is no host. */
export function normalHosts(hosts: readonly string[] = []): string[] {
  return hosts.map((entry) => {
    const host = normalHost(entry);
    if (host === undefined) throw new UsageError([`privateHosts: expected hosts such as llm.example.internal:8080`]);
    return host;
  });
}

/** As other programs read it: without a scheme it is `http`. Never repeats the value, which may have a password in it. */
function checkedProxy(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const address = value.includes('://') ? value : `http://${value}`;
  if (/^https?:$/.test(parseUrl(address)?.protocol ?? '')) return address;
  throw new UsageError([`${name}: expected the URL of a proxy such as http://proxy.example:3128`]);
}

/** Well within the deadline of the call, behind which nobody could tell whether anything was sent. */
const connectMsOf = (deadlineMs: number): number => Math.min(MAX_CONNECT_MS, deadlineMs / 2);

/** @throws UsageError when the address of upstream, or of a proxy on the way, cannot be used. */
export function connectionsTo(baseURL: string, options: NetworkOptions, deadlineMs: number): FetchDispatcher {
  const hosts = normalHosts(options.privateHosts);
  const problem = baseUrlProblem(baseURL, hosts);
  if (problem !== undefined) throw new UsageError([`OPENAI_BASE_URL: ${problem}`]);
  const reach = reachOf(new URL(baseURL), hosts);
  const { http, https, no } = options.proxy ?? proxyFromEnv();
  const proxy = { http: checkedProxy('HTTP_PROXY', http), https: checkedProxy('HTTPS_PROXY', https), no };
  return guardedDispatcher({ reach, proxy, connectMs: connectMsOf(deadlineMs) });
}
