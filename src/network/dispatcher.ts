/** Connections to upstream: only to addresses that its host may have, and through the proxy that the environment names. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, EnvHttpProxyAgent } from 'undici';
import { AddressRefusedError } from './address-refused';
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
function guardedConnector(reach: Reach, lookup: Lookup): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(reach, lookup) });
  return (options, callback) => {
    const host = options.hostname;
    if (isIP(host) !== 0 && !mayReach(host, reach)) callback(new AddressRefusedError(host, host, reach), null);
    else connect(options, callback);
  };
}

export interface DispatcherOptions {
  reach: Reach;
  proxy: ProxySettings;
  /** In place of the system's; for tests. */
  lookup?: Lookup;
}

/** What Node's `fetch` takes. */
export type FetchDispatcher = NonNullable<RequestInit['dispatcher']>;

/** What `fetch` connects with. This machine is never reached through a proxy. */
export function guardedDispatcher({ reach, proxy, lookup = systemLookup }: DispatcherOptions): FetchDispatcher {
  const connect = guardedConnector(reach, lookup);
  // Said even where it is empty: else it would look into the environment itself.
  const { http = '', https = '', no = '' } = proxy;
  const dispatcher =
    reach === 'loopback'
      ? new Agent({ connect })
      : new EnvHttpProxyAgent({ connect, httpProxy: http, httpsProxy: https, noProxy: no });
  // Node's `fetch` takes dispatchers of this package; only the types that come with Node are of an older release.
  return dispatcher as unknown as FetchDispatcher;
}
