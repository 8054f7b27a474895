/** Which Temporal server to use, and connections to it. */
import { Client, Connection, isGrpcServiceError, type ClientOptions, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { retriesThatEnd } from './closed-calls';
import type { Config } from './config';
import { EMBEDDED_NAMESPACE, readEmbedded } from './embedded';
import { messageOf, UnreachableError, UsageError } from './errors';
import { encryptedDataConverter, type EncryptionSetting } from './security/data-converter';
import { configuredEncryption } from './security/encryption';
import type { BlobStore } from './store';
import { openStore } from './store/open';
import { externalStorage } from './store/payloads';

export { ensureSearchAttributes } from './search-attributes';

/** Neither a server is configured nor does an embedded one run. */
export class TemporalNotFound extends UnreachableError {
  constructor(dataDir: string) {
    super(
      `No Temporal server: TEMPORAL_ADDRESS is not set, and no embedded server runs on ${dataDir}.`,
      'Run `npm start` in another terminal, or set TEMPORAL_ADDRESS (or a profile of the Temporal config file).',
    );
  }
}

export interface ResolvedTemporal {
  /** `host:port`. */
  address: string;
  namespace: string;
  /** For `Connection.connect` and for `NativeConnection.connect`. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
  source: 'configured' | 'embedded';
  /** The Web UI, when it is known. */
  uiUrl?: string;
}

export interface ConnectOptions {
  /** For everything up to a usable client; 10 s by default. */
  deadlineMs?: number;
  /** Instead of the configured keys. */
  encryption?: EncryptionSetting;
  /** Where payloads go that are too large for a history. Default: as configured. */
  store?: BlobStore;
  /** More options of the client: a data converter, interceptors. */
  client?: Pick<ClientOptions, 'dataConverter' | 'interceptors' | 'identity'>;
}

export interface ConnectedTemporal extends ResolvedTemporal {
  client: Client;
  connection: Connection;
  /** What the client uses; a worker for the same tasks needs the same. */
  encryption: EncryptionSetting;
  /** As it is: what goes through `encryptedBlobs` is encrypted. */
  store: BlobStore;
}

const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_NAMESPACE = 'default';
/** Listing namespaces only makes an error message better: not worth a longer wait. */
const LIST_TIMEOUT_MS = 2000;
/** Variables that make no sense without an address: somebody believes to have configured a server. */
const NEED_ADDRESS = /^TEMPORAL_(API_KEY|PROFILE|CONFIG_FILE|TLS|TLS_.*|GRPC_META_.*)$/;

/**
 * The server to use: the one that `TEMPORAL_ADDRESS` or a profile of the Temporal config file names, else the embedded
 * one that runs now.
 *
 * @throws UsageError when the connection's settings are wrong; TemporalNotFound when there is no server.
 */
export async function resolveTemporal(config: Config): Promise<ResolvedTemporal> {
  const configured = configuredTemporal(config);
  if (configured !== undefined) return configured;
  const embedded = await readEmbedded(config);
  if (embedded?.temporalAddress === undefined) throw new TemporalNotFound(config.dataDir);
  const { temporalAddress: address, namespace, uiUrl } = embedded;
  return { address, namespace, connectionOptions: { address }, source: 'embedded', uiUrl };
}

/**
 * The server that the environment or the Temporal config file names; undefined when they name none, so that an embedded
 * one may be started.
 *
 * @throws UsageError when the settings are wrong, or say how to connect but not where.
 */
export function configuredTemporal(config: Config): ResolvedTemporal | undefined {
  const { connectionOptions, namespace } = loadSettings(config);
  const { address } = connectionOptions;
  if (address) return { address, namespace: namespace ?? DEFAULT_NAMESPACE, connectionOptions, source: 'configured' };
  const set = Object.entries(config.temporalEnvironment).flatMap(([name, value]) => {
    // An embedded server has that namespace alone.
    const isOther = name === 'TEMPORAL_NAMESPACE' && value !== EMBEDDED_NAMESPACE;
    return isOther || NEED_ADDRESS.test(name) ? [name] : [];
  });
  if (set.length === 0) return undefined;
  throw new UsageError([`${set.join(', ')}: set, but no server is named; set TEMPORAL_ADDRESS too, or unset it`]);
}

function loadSettings(config: Config): ClientConnectConfig {
  try {
    return loadClientConnectConfig({ overrideEnvVars: { ...config.temporalEnvironment } });
  } catch (error) {
    const reason = messageOf(error);
    throw new UsageError([`Temporal settings (TEMPORAL_* or the config file): ${reason}`]);
  }
}

/**
 * A client of the server, after making sure that the server answers and the namespace is there. The caller closes
 * `connection`.
 *
 * @throws UnreachableError saying which address or namespace it was and what to do; UsageError when nothing says whether
 * to encrypt, before anything is connected to.
 */
export async function connectClient(config: Config, options: ConnectOptions = {}): Promise<ConnectedTemporal> {
  const deadline = Date.now() + (options.deadlineMs ?? DEFAULT_DEADLINE_MS);
  const found = await resolveTemporal(config);
  const { namespace, source } = found;
  const encryption = options.encryption ?? (await configuredEncryption(config, source));
  const store = options.store ?? (await openStore(config.store));
  const base = { externalStorage: externalStorage(store), ...options.client?.dataConverter };
  const dataConverter = encryptedDataConverter(encryption, namespace, base);
  const connection = await connect(found, deadline);
  try {
    await checkNamespace(connection, found, deadline);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const client = new Client({ ...options.client, dataConverter, connection, namespace });
  return { ...found, client, connection, encryption, store };
}

async function connect(found: ResolvedTemporal, deadline: number): Promise<Connection> {
  const options: ConnectionOptions = {
    ...found.connectionOptions,
    // A deadline that is over already must not mean "no deadline".
    connectTimeout: Math.max(1, deadline - Date.now()),
    interceptors: retriesThatEnd(),
  };
  // A proxy for the internet knows nothing of this machine's loopback.
  if (found.source === 'embedded') options.channelArgs = { 'grpc.enable_http_proxy': 0 };
  try {
    return await Connection.connect(options);
  } catch (error) {
    throw unreachable(found, error);
  }
}

/** Whether a call failed by the server, or by the way to it; the client library wraps what it was told. */
export const isOfServer = (error: unknown): boolean =>
  isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause));

/** What is said of a server that did not answer. */
export function unreachable({ address, source }: ResolvedTemporal, error: unknown): UnreachableError {
  const reason = isGrpcServiceError(error) ? error.details : messageOf(error);
  const hint =
    source === 'embedded'
      ? 'Stop and start `npm start` again.'
      : 'Check TEMPORAL_ADDRESS (or the profile), that the server runs, and its TLS and API key settings.';
  return new UnreachableError(`No answer from the Temporal server at ${address}: ${reason}.`, hint);
}

async function checkNamespace(connection: Connection, found: ResolvedTemporal, deadline: number): Promise<void> {
  const { namespace } = found;
  try {
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    // By number, since the enum would need the gRPC package itself: 5 is NOT_FOUND.
    if (!isGrpcServiceError(error) || Number(error.code) !== 5) throw unreachable(found, error);
    const names = await listNamespaces(connection);
    throw new UnreachableError(
      `The Temporal server at ${found.address} has no namespace "${namespace}".`,
      `Set TEMPORAL_NAMESPACE (or the profile's)${names.length > 0 ? ` to one that exists: ${names.join(', ')}` : ''}.`,
    );
  }
}

async function listNamespaces(connection: Connection): Promise<string[]> {
  try {
    const list = () => connection.workflowService.listNamespaces({ pageSize: 20 });
    const { namespaces } = await connection.withDeadline(Date.now() + LIST_TIMEOUT_MS, list);
    return namespaces
      .flatMap(({ namespaceInfo }) => namespaceInfo?.name ?? [])
      .filter((name) => name !== 'temporal-system');
  } catch {
    // Many servers do not let everyone list them.
    return [];
  }
}
