/** Connections to upstream: only to addresses that its host may have, and through the proxy that the environment names. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, EnvHttpProxyAgent, errors, Pool } from 'undici';
import { AddressRefusedError } from './address-refused';
import { NotConnectedError } from './not-connected';
import { mayReach, type Reach } from './url-policy';

/** As `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` have them. */
export interface ProxySettings {
  http?: string;
  https?: string;
  /** Hosts that are reached without. */
  no?: string;
}

export type Lookup = typeof systemLookup;

/**
 * A `lookup` for sockets. The socket connects to what is given here and asks no second time, so a name that changes
 * between two answers gains nothing. One address that is refused refuses the name.
 */
function guardedLookup(reach: Reach, lookup: Lookup): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '');
      const refused = addresses.find(({ address }) => !mayReach(address, reach));
      const [first] = addresses;
      if (refused) callback(new AddressRefusedError(host, refused.address, reach), '');
      else if (options.all || !first) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Connects when the address may be had. Behind a proxy it is not asked: names are the proxy's to look up. */
function guardedConnector(reach: Reach, lookup: Lookup, connectMs: number): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(reach, lookup), timeout: connectMs });
  return (options, callback) => {
    const host = options.hostname;
    if (isIP(host) !== 0 && !mayReach(host, reach)) callback(new AddressRefusedError(host, host, reach), null);
    else connect(options, callback);
  };
}

/**
 * Says of whatever goes wrong before there is a connection that nothing was sent. All of it has one limit, a proxy that
 * takes a connection and says nothing too: behind the deadline of the call nobody could tell.
 *
 * Also, `undici` would connect again at once, without end, when a proxy closes the connection (`UND_ERR_SOCKET`).
 */
function sureConnector(connect: buildConnector.connector, connectMs: number): buildConnector.connector {
  return (options, callback) => {
    let isOver = false;
    const end: buildConnector.Callback = (error, socket) => {
      if (isOver) return void socket?.on('error', () => undefined).destroy();
      isOver = true;
      clearTimeout(timer);
      if (error) callback(new NotConnectedError(error), null);
      else callback(null, socket);
    };
    const late = () => end(new errors.ConnectTimeoutError(`No connection within ${connectMs / 1000} s.`), null);
    // What has come at the same moment goes first.
    const timer = setTimeout(() => setImmediate(late), connectMs);
    connect(options, end);
  };
}

/** Makes the connections of one origin, also those that lead through a proxy. */
const poolOf =
  (connectMs: number) =>
  (origin: string | URL, options: Pool.Options): Pool =>
    new Pool(origin, { ...options, connect: sureConnector(options.connect as buildConnector.connector, connectMs) });

export interface DispatcherOptions {
  reach: Reach;
  proxy: ProxySettings;
  /** Until there is a connection, TLS and a proxy on the way included. Default 10,000. */
  connectMs?: number;
  /** In place of the system's; for tests. */
  lookup?: Lookup;
}

/** As the HTTP client has it: whoever is not reached within this time will most likely not be. */
export const MAX_CONNECT_MS = 10_000;

/** What Node's `fetch` takes. */
export type FetchDispatcher = NonNullable<RequestInit['dispatcher']>;

/** What `fetch` connects with. This machine is never reached through a proxy. */
export function guardedDispatcher(options: DispatcherOptions): FetchDispatcher {
  const { reach, proxy, lookup = systemLookup, connectMs = MAX_CONNECT_MS } = options;
  const how = { connect: guardedConnector(reach, lookup, connectMs), factory: poolOf(connectMs) };
  // What nobody waits for any more must not stay open: a proxy may never say a word.
  const clientFactory = (origin: URL, client: object) => new Pool(origin, { ...client, headersTimeout: connectMs });
  const toProxy = { clientFactory, proxyTls: { timeout: connectMs } };
  // Said even where it is empty: else it would look into the environment itself.
  const { http = '', https = '', no = '' } = proxy;
  const dispatcher =
    reach === 'loopback'
      ? new Agent(how)
      : new EnvHttpProxyAgent({ ...how, ...toProxy, httpProxy: http, httpsProxy: https, noProxy: no });
  // Node's `fetch` takes dispatchers of this package; only the types that come with Node are of an older release.
  return dispatcher as unknown as FetchDispatcher;
}
