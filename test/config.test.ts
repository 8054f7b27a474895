import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { childEnvironment, loadConfig, secretFromEnv } from '../src/config';
import { describeConfig } from '../src/config/describe';
import { UsageError } from '../src/errors';

function problems(environment: Record<string, string>): string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
}

describe('configuration', () => {
  test('given an empty environment -> then the defaults, frozen', () => {
    const config = loadConfig({ HOME: '/home/someone' });
    expect(config).toMatchObject({
      dataDir: join(process.cwd(), '.durable-responses'),
      cacheDir: '/home/someone/.cache/durable-responses',
      taskQueue: 'durable-responses',
      logLevel: 'INFO',
      maxActivities: 1000,
      maxStreams: 200,
      webhookReceiver: false,
      maxCachedWorkflows: 1000,
      webhook: { host: '127.0.0.1', port: 4020, secrets: [], orphans: 'cancel' },
    });
    expect(config.openai.apiKey).toBeUndefined();
    expect(Object.isFrozen(config) && Object.isFrozen(config.openai)).toBe(true);
  });

  test('given XDG_CACHE_HOME and a cache folder of our own -> then ours wins', () => {
    expect(loadConfig({ XDG_CACHE_HOME: '/x' }).cacheDir).toBe('/x/durable-responses');
    expect(loadConfig({ XDG_CACHE_HOME: '/x', DURABLE_RESPONSES_CACHE_DIR: '/y' }).cacheDir).toBe('/y');
  });

  test('given two secrets of webhooks while one is replaced -> then both', () => {
    const [old, fresh] = ['an old secret of 1', 'a new secret of 22'].map(
      (text) => `whsec_${Buffer.from(text).toString('base64')}`,
    );
    expect(loadConfig({ OPENAI_WEBHOOK_SECRET: `${fresh}, ${old}\n` }).webhook.secrets).toEqual([fresh, old]);
  });

  test('given a secret of webhooks that would be an empty or a short key -> then it is refused and not shown', () => {
    for (const secret of [
      'whsec_',
      'whsec_c2hvcnQ=',
      'whsec_%%%%%%%%%%%%%%%%%%%%%%%%',
      'not-a-webhook-secret-at-all',
    ]) {
      const [line = ''] = problems({ OPENAI_WEBHOOK_SECRET: secret });
      expect(line).toMatch(/^OPENAI_WEBHOOK_SECRET: expected whsec_/);
      expect(line.replace('expected whsec_', '')).not.toContain(secret);
    }
  });

  test('given empty variables -> then they count as not set', () => {
    const config = loadConfig({ OPENAI_API_KEY: '', OPENAI_BASE_URL: ' ', DURABLE_RESPONSES_LOG_LEVEL: '' });
    expect(config.openai).toEqual({});
    expect(config.logLevel).toBe('INFO');
  });

  test('given a URL of a local or of a remote upstream -> then it is accepted', () => {
    for (const url of ['http://127.0.0.1:8787/v1', 'http://localhost:8787', 'https://a.openai.azure.com/openai/v1/']) {
      expect(loadConfig({ OPENAI_BASE_URL: url }).openai.baseUrl).toBe(url);
    }
  });

  test('given bad values -> then one line for each variable, with what is expected and without the value', () => {
    const lines = problems({
      OPENAI_API_KEY: 'sk-very secret\n',
      OPENAI_BASE_URL: 'ftp://files',
      DURABLE_RESPONSES_LOG_LEVEL: 'loud',
      DURABLE_RESPONSES_MAX_ACTIVITIES: '0',
      DURABLE_RESPONSES_MAX_STREAMS: '0',
      DURABLE_RESPONSES_WEBHOOK: 'yes',
      DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS: 'many',
    });
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'OPENAI_API_KEY',
      'OPENAI_BASE_URL',
      'DURABLE_RESPONSES_LOG_LEVEL',
      'DURABLE_RESPONSES_MAX_ACTIVITIES',
      'DURABLE_RESPONSES_MAX_STREAMS',
      'DURABLE_RESPONSES_WEBHOOK',
      'DURABLE_RESPONSES_MAX_CACHED_WORKFLOWS',
    ]);
    for (const line of lines) expect(line).toMatch(/: expected /);
    expect(lines.join()).not.toContain('very secret');
  });

  test('given secrets -> then the printed configuration has none of them', () => {
    const printed = describeConfig(
      loadConfig({
        OPENAI_API_KEY: 'sk-topsecret',
        OPENAI_BASE_URL: 'https://proxy.example/v1',
        HTTPS_PROXY: 'http://user:password@proxy.example:3128',
        TEMPORAL_ADDRESS: 'cloud.example:7233',
        TEMPORAL_API_KEY: 'temporal-topsecret',
      }),
    );
    expect(printed).not.toMatch(/topsecret|password/);
    expect(printed).toContain('https://proxy.example/v1');
    expect(printed).toContain('proxy: HTTPS_PROXY');
    expect(printed).toContain('TEMPORAL_ADDRESS, TEMPORAL_API_KEY');
  });

  test.each<[string, string, string?]>([
    ['http to another machine', 'http://topsecret.example/v1'],
    ['a user', 'https://user:topsecret@api.example/v1'],
    ['a query', 'https://api.example/v1?code=topsecret'],
    ['a private address', 'https://10.0.0.5/topsecret'],
    ['another host than the listed one', 'http://topsecret.internal/v1', 'llm.internal'],
  ])('given the address of upstream with %s -> then it is refused and not shown', (_what, url, hosts = '') => {
    const lines = problems({ OPENAI_BASE_URL: url, DURABLE_RESPONSES_PRIVATE_HOSTS: hosts });
    expect(lines).toEqual([expect.stringMatching(/^OPENAI_BASE_URL: expected /)]);
    expect(lines[0]).not.toContain('topsecret');
  });

  test('given hosts that may be private -> then upstream may be one of them; what is no host is refused', () => {
    const hosts = { DURABLE_RESPONSES_PRIVATE_HOSTS: 'LLM.internal.:4000, [fd00::1]\n0x7f.1' };
    const { network, openai } = loadConfig({ ...hosts, OPENAI_BASE_URL: 'http://llm.internal:4000/v1' });
    expect(network.privateHosts).toEqual(['llm.internal:4000', '[fd00::1]', '127.0.0.1']);
    expect(openai.baseUrl).toBe('http://llm.internal:4000/v1');
    expect(problems({ DURABLE_RESPONSES_PRIVATE_HOSTS: 'https://llm.internal' })).toEqual([
      expect.stringMatching(/^DURABLE_RESPONSES_PRIVATE_HOSTS: expected hosts such as /),
    ]);
  });

  test('given variables of a proxy -> then they are read as other programs do, those in lower case first', () => {
    const config = loadConfig({ HTTPS_PROXY: 'http://a', https_proxy: 'http://b', HTTP_PROXY: '', NO_PROXY: 'c' });
    expect(config.network.proxy).toEqual({ http: undefined, https: 'http://b', no: 'c' });
  });

  test('given variables that name programs -> then they are not taken for a connection', () => {
    const config = loadConfig({ TEMPORAL_CLI_PATH: '/opt/temporal', TEMPORAL_TLS_CLIENT_CERT_PATH: '/c.pem' });
    expect(config.temporalCliPath).toBe('/opt/temporal');
    expect(config.temporalEnvironment).toEqual({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/c.pem' });
  });
});

describe('environment of the process', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test('given .env in the working directory -> then it is read, and variables that are set win', () => {
    const folder = mkdtempSync(join(tmpdir(), 'durable-responses-env-'));
    writeFileSync(join(folder, '.env'), 'DURABLE_RESPONSES_TASK_QUEUE=from-file\nDURABLE_RESPONSES_LOG_LEVEL=debug\n');
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    vi.stubEnv('DURABLE_RESPONSES_LOG_LEVEL', 'warn');
    // Noted as not set, so that it is removed again after the test.
    vi.stubEnv('DURABLE_RESPONSES_TASK_QUEUE', undefined);
    const config = loadConfig();
    rmSync(folder, { recursive: true });
    expect(config.taskQueue).toBe('from-file');
    expect(config.logLevel).toBe('WARN');
  });

  test('given a secret by name -> then its value, or undefined when it is not set or empty', () => {
    vi.stubEnv('MY_MCP_TOKEN', 'value');
    vi.stubEnv('MY_EMPTY_TOKEN', '');
    expect(secretFromEnv('MY_MCP_TOKEN')).toBe('value');
    expect(secretFromEnv('MY_EMPTY_TOKEN')).toBeUndefined();
    expect(secretFromEnv('MY_MISSING_TOKEN')).toBeUndefined();
  });

  test('given a program to start -> then it gets no key and no connection settings', () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-topsecret');
    vi.stubEnv('TEMPORAL_API_KEY', 'topsecret');
    const environment = childEnvironment({ EXTRA: '1' });
    expect(JSON.stringify(environment)).not.toContain('topsecret');
    expect(environment).toMatchObject({ EXTRA: '1', PATH: expect.any(String) as string });
  });
});
