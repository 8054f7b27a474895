/** The configuration for people: what is set, and no secret. */
import type { Config } from '../config';

/** The configuration as lines to print at start: what is set and where, and no secret. */
export function describeConfig(config: Config): string {
  const temporal = Object.keys(config.temporalEnvironment).filter((name) => name.startsWith('TEMPORAL_'));
  const lines = {
    'OpenAI key': config.openai.apiKey === undefined ? 'not set' : 'set',
    'OpenAI URL': withoutCredentials(config.openai.baseUrl) ?? 'default',
    'Temporal variables': temporal.length > 0 ? temporal.join(', ') : 'none',
    'task queue': config.taskQueue,
    'data folder': config.dataDir,
    store: placeOf(config),
    'cache folder': config.cacheDir,
    'log level': config.logLevel,
    'activities at once': String(config.maxActivities),
    'streams at once': String(config.maxStreams),
    'receiver of webhooks': config.webhookReceiver ? 'yes' : 'no',
    'responses in flight, all workers': String(config.limits.maxInFlight ?? 'no limit'),
    'creates per second, all workers': String(config.limits.maxCreatesPerSecond ?? 'no limit'),
    'workflows in memory': String(config.maxCachedWorkflows),
    'secrets of tasks': config.secretsDir ?? 'the environment',
    'webhook secrets': String(config.webhook.secrets.length),
    'hosts that may be private': config.network.privateHosts.join(', ') || 'none',
    proxy: describeProxy(config),
    encryption: describeEncryption(config),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** A proxy's address may have a password in it. */
function describeProxy({ network: { proxy } }: Config): string {
  const set = Object.entries({ HTTP_PROXY: proxy.http, HTTPS_PROXY: proxy.https, NO_PROXY: proxy.no });
  return set.flatMap(([name, value]) => (value === undefined ? [] : [name])).join(', ') || 'none';
}

const placeOf = ({ store }: Config): string =>
  store.kind === 'folder' ? store.path : `s3://${store.bucket}/${store.prefix}`;

/** Ids are no secrets: they stand beside everything that was encrypted. */
function describeEncryption({ encryption: { off, keys, keysFile } }: Config): string {
  const places = [
    ...(keys.length > 0 ? [`keys ${keys.map(({ id }) => id).join(', ')}`] : []),
    ...(keysFile === undefined ? [] : [`keys in ${keysFile}`]),
  ];
  return [off ? 'off' : 'on', ...places].join('; ');
}

function withoutCredentials(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
