/** The only reader of the environment: parsed once, frozen. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { AccountLimits } from './contracts';
import { MAX_BYTES } from './door/bounds';
import { UsageError } from './errors';
import { DEFAULT_TASK_QUEUE } from './names';
import type { ProxySettings } from './network/dispatcher';
import { codecServerOf, encryptionKeys, encryptionOf, onlyOrigin, secretToken } from './config/encryption';
import type { CodecServerConfig, EncryptionConfig } from './config/encryption';
import { checkBaseUrl, networkOf, privateHosts, proxyOf, type NetworkConfig } from './config/network';
import { storeOf, storePlace, type StoreConfig } from './config/store';
import { count, countOrNone, port, webhookSecrets } from './config/values';
import { webhookOf, type WebhookConfig } from './config/webhook';
import { connectionVariables, forChildren, secretOf, withoutEmpty, type Environment } from './config/environment';

export type { Environment };

export interface Config {
  readonly openai: {
    readonly apiKey?: string;
    readonly baseUrl?: string;
    readonly organization?: string;
    readonly project?: string;
  };
  /** The `TEMPORAL_*` variables, and those that say where its config file is. Values go to `@temporalio/envconfig`. */
  readonly temporalEnvironment: Readonly<Record<string, string>>;
  /** The Temporal command line program named by `TEMPORAL_CLI_PATH`. */
  readonly temporalCliPath?: string;
  /** The time-skipping test server named by `TEMPORAL_TEST_SERVER_PATH`. */
  readonly temporalTestServerPath?: string;
  /** Where programs are looked for, as in `PATH`. */
  readonly searchPath: string;
  /** State of the embedded services, absolute. */
  readonly dataDir: string;
  /** Input and answers of batches, and what is large; the client and every worker need the same. */
  readonly store: StoreConfig;
  /** A larger request is refused before anything is started: bytes of JSON. */
  readonly maxRequestBytes: number;
  /** Downloaded programs, absolute. */
  readonly cacheDir: string;
  readonly taskQueue: string;
  readonly logLevel: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** Activities that one worker runs at once. */
  readonly maxActivities: number;
  /** Streams that one worker follows at once. */
  readonly maxStreams: number;
  /** Whether a receiver of webhooks wakes the tasks that this client starts. */
  readonly webhookReceiver: boolean;
  /** Limits of the account behind the key; every worker of the task queue needs the same. */
  readonly limits: AccountLimits;
  /** Workflows that one worker keeps in memory; about 0.3 MB each. */
  readonly maxCachedWorkflows: number;
  /** The receiver of webhooks. */
  readonly webhook: WebhookConfig;
  /** A folder of files for `secret://NAME`, absolute; without one the environment has them. */
  readonly secretsDir?: string;
  readonly network: NetworkConfig;
  readonly encryption: EncryptionConfig;
  /** The server that decodes payloads for a Web UI. */
  readonly codecServer: CodecServerConfig;
}

const variables = z.object({
  OPENAI_API_KEY: z
    .string()
    // A stray newline or quote from copying would fail every call with an error about headers.
    .regex(/^[\x21-\x7e]+$/, 'expected a key without spaces or line breaks')
    .optional(),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as https://api.openai.com/v1' })
    .optional(),
  OPENAI_ORG_ID: z.string().optional(),
  OPENAI_PROJECT_ID: z.string().optional(),
  TEMPORAL_CLI_PATH: z.string().optional(),
  TEMPORAL_TEST_SERVER_PATH: z.string().optional(),
  DURABLE_RESPONSES_DATA_DIR: z.string().default('.durable-responses'),
  DURABLE_RESPONSES_CACHE_DIR: z.string().optional(),
  DURABLE_RESPONSES_STORE: storePlace,
  DURABLE_RESPONSES_STORE_DIR: storePlace,
  DURABLE_RESPONSES_MAX_REQUEST_BYTES: count(MAX_BYTES, MAX_BYTES),
  DURABLE_RESPONSES_TASK_QUEUE: z.string().max(200, 'expected at most 200 characters').default(DEFAULT_TASK_QUEUE),
  DURABLE_RESPONSES_LOG_LEVEL: z
    .string()
    .transform((level) => level.toUpperCase())
    .pipe(z.enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'], 'expected TRACE, DEBUG, INFO, WARN or ERROR'))
    .default('INFO'),
  DURABLE_RESPONSES_MAX_ACTIVITIES: count(1000, 100_000),
  DURABLE_RESPONSES_MAX_STREAMS: count(200, 10_000),
  DURABLE_RESPONSES_WEBHOOK: z.enum(['0', '1'], 'expected 1 where a receiver of webhooks runs, else 0').default('0'),
  DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS: countOrNone(1000, 100_000),
  DURABLE_RESPONSES_MAX_IN_FLIGHT: count(1, 100_000).unwrap().optional(),
  DURABLE_RESPONSES_MAX_CREATES_PER_SECOND: z.coerce
    .number('expected a number above 0')
    .refine((value) => value > 0 && value <= 10_000, 'expected a number above 0, at most 10,000')
    .optional(),
  OPENAI_WEBHOOK_SECRET: webhookSecrets,
  DURABLE_RESPONSES_WEBHOOK_HOST: z.string().default('127.0.0.1'),
  DURABLE_RESPONSES_WEBHOOK_PORT: port(4020),
  DURABLE_RESPONSES_ORPHANS: z.enum(['cancel', 'keep'], 'expected cancel or keep').default('cancel'),
  DURABLE_RESPONSES_SECRETS_DIR: z.string().optional(),
  DURABLE_RESPONSES_ENCRYPTION: z.enum(['on', 'off'], 'expected on or off').default('on'),
  DURABLE_RESPONSES_ENCRYPTION_KEYS: encryptionKeys,
  DURABLE_RESPONSES_ENCRYPTION_KEYS_FILE: z.string().optional(),
  DURABLE_RESPONSES_CODEC_HOST: z.string().default('127.0.0.1'),
  DURABLE_RESPONSES_CODEC_PORT: port(4021),
  DURABLE_RESPONSES_CODEC_ORIGIN: onlyOrigin,
  DURABLE_RESPONSES_CODEC_TOKEN: secretToken,
  DURABLE_RESPONSES_PRIVATE_HOSTS: privateHosts,
});

const schema = variables.superRefine(checkBaseUrl);

/**
 * Reads the configuration. With the process's own environment, `.env` of the working directory is loaded first;
 * variables that are already set win.
 *
 * @throws UsageError naming each bad variable and what is expected instead; never its value.
 */
export function loadConfig(environment?: Environment): Config {
  if (environment === undefined) loadDotEnv();
  const env = withoutEmpty(environment ?? process.env);
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    throw new UsageError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  return toConfig(parsed.data, env);
}

function toConfig(values: z.output<typeof schema>, env: Record<string, string>): Config {
  const cacheHome = env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache');
  return Object.freeze({
    openai: Object.freeze({
      apiKey: values.OPENAI_API_KEY,
      baseUrl: values.OPENAI_BASE_URL,
      organization: values.OPENAI_ORG_ID,
      project: values.OPENAI_PROJECT_ID,
    }),
    temporalEnvironment: Object.freeze(connectionVariables(env)),
    temporalCliPath: values.TEMPORAL_CLI_PATH,
    temporalTestServerPath: values.TEMPORAL_TEST_SERVER_PATH,
    searchPath: env['PATH'] ?? env['Path'] ?? '',
    dataDir: resolve(values.DURABLE_RESPONSES_DATA_DIR),
    store: storeOf(values, env),
    maxRequestBytes: values.DURABLE_RESPONSES_MAX_REQUEST_BYTES,
    cacheDir: resolve(values.DURABLE_RESPONSES_CACHE_DIR ?? join(cacheHome, 'durable-responses')),
    taskQueue: values.DURABLE_RESPONSES_TASK_QUEUE,
    logLevel: values.DURABLE_RESPONSES_LOG_LEVEL,
    maxActivities: values.DURABLE_RESPONSES_MAX_ACTIVITIES,
    maxStreams: values.DURABLE_RESPONSES_MAX_STREAMS,
    webhookReceiver: values.DURABLE_RESPONSES_WEBHOOK === '1',
    limits: Object.freeze({
      maxInFlight: values.DURABLE_RESPONSES_MAX_IN_FLIGHT,
      maxCreatesPerSecond: values.DURABLE_RESPONSES_MAX_CREATES_PER_SECOND,
    }),
    maxCachedWorkflows: values.DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS,
    webhook: webhookOf(values),
    secretsDir: values.DURABLE_RESPONSES_SECRETS_DIR && resolve(values.DURABLE_RESPONSES_SECRETS_DIR),
    network: networkOf(values, env),
    encryption: encryptionOf(values),
    codecServer: codecServerOf(values),
  });
}

/** What `secret://NAME` stands for, from the process's own variables: see `secretOf`. */
export function secretFromEnv(name: string): string | undefined {
  return secretOf(process.env, name);
}

/** The proxy of the environment, for programs that bring no configuration. */
export const proxyFromEnv = (): ProxySettings => proxyOf(withoutEmpty(process.env));

/**
 * The environment for a program that this one starts: without the keys and connection settings meant for this one,
 * since a Temporal server would take `TEMPORAL_*` for its own options.
 *
 * @param changes Variables to set on top.
 */
export function childEnvironment(changes: Record<string, string> = {}): Record<string, string> {
  return { ...forChildren(process.env), ...changes };
}

function loadDotEnv(): void {
  const path = resolve('.env');
  if (!existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (error) {
    throw new UsageError([`.env: cannot be read (${String(error)}); fix it or remove it`]);
  }
}
