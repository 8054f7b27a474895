import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../src/config';
import {
  configuredTemporal,
  connectClient,
  ensureSearchAttributes,
  resolveTemporal,
  TemporalNotFound,
} from '../src/connection';
import { holdEmbedded, type EmbeddedHold } from '../src/embedded';
import { UnreachableError, UsageError } from '../src/errors';
import { SEARCH_ATTRIBUTES } from '../src/names';
import { embeddedConfig, reaching, temporaryFolder } from './helpers/embedded';
import { wayTo } from '../chaos/place/way';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let config: Config;
let held: EmbeddedHold;

beforeAll(async () => {
  folder = await temporaryFolder();
  config = await embeddedConfig(folder.path);
  held = await holdEmbedded(config, { temporal: true, emulator: false, serverArgs: ['--namespace', 'bare'] });
});
afterAll(async () => {
  await held.release();
  await folder.remove();
});

const settings = (more: Record<string, string>): Config => loadConfig({ HOME: join(folder.path, 'nobody'), ...more });

describe('which server', () => {
  test('given an address -> then it is used, with the namespace and the key', async () => {
    const given = { TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_NAMESPACE: 'prod.a1', TEMPORAL_API_KEY: 'key' };
    const found = await resolveTemporal(settings(given));
    expect(found).toMatchObject({ address: 'cloud.example:7233', namespace: 'prod.a1', source: 'configured' });
    expect(found.connectionOptions).toMatchObject({ apiKey: 'key', tls: true });
  });

  test('given a profile of a config file -> then its address is used', () => {
    const path = join(folder.path, 'temporal.toml');
    const toml = '[profile.staging]\naddress = "staging.example:7233"\nnamespace = "staging"\n';
    return writeFile(path, toml).then(() => {
      const found = configuredTemporal(settings({ TEMPORAL_CONFIG_FILE: path, TEMPORAL_PROFILE: 'staging' }));
      expect(found).toMatchObject({ address: 'staging.example:7233', namespace: 'staging' });
      expect(() => configuredTemporal(settings({ TEMPORAL_CONFIG_FILE: path, TEMPORAL_PROFILE: 'x' }))).toThrow(
        UsageError,
      );
    });
  });

  test.each([
    ['TEMPORAL_API_KEY', 'key'],
    ['TEMPORAL_NAMESPACE', 'prod.a1'],
    ['TEMPORAL_TLS', 'true'],
    ['TEMPORAL_TLS_CLIENT_CERT_DATA', 'PEM'],
    ['TEMPORAL_TLS_CLIENT_KEY_DATA', 'PEM'],
    ['TEMPORAL_TLS_SERVER_CA_CERT_DATA', 'PEM'],
    ['TEMPORAL_TLS_SERVER_NAME', 'temporal.example'],
    ['TEMPORAL_GRPC_META_AUTHORIZATION', 'token'],
  ])('given %s but no address -> then that is said, instead of using another server', (name, value) => {
    const attempt = () => configuredTemporal(settings({ [name]: value, TEMPORAL_ADDRESS: '' }));
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(`${name}: set, but no server is named; set TEMPORAL_ADDRESS too`);
  });

  test('given the certificate, its key and the namespace as files and a name -> then all of them are named', async () => {
    const [cert, key] = [join(folder.path, 'client.pem'), join(folder.path, 'client.key')];
    await Promise.all([writeFile(cert, 'PEM'), writeFile(key, 'PEM')]);
    const tls = { TEMPORAL_TLS_CLIENT_CERT_PATH: cert, TEMPORAL_TLS_CLIENT_KEY_PATH: key };
    expect(() => configuredTemporal(settings({ ...tls, TEMPORAL_NAMESPACE: 'prod.a1' }))).toThrow(
      'TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH, TEMPORAL_NAMESPACE: set, but no server',
    );
  });

  test('given the namespace of the embedded server and no address -> then nothing is in the way of that one', () => {
    expect(configuredTemporal(settings({ TEMPORAL_NAMESPACE: 'default' }))).toBeUndefined();
  });

  test('given no settings and a running embedded server -> then that one', async () => {
    expect(await resolveTemporal(config)).toMatchObject({
      address: held.temporalAddress,
      namespace: 'default',
      source: 'embedded',
      uiUrl: held.uiUrl,
    });
  });

  test('given no settings and no embedded server -> then an error that says how to get one', async () => {
    const nowhere = settings({ DURABLE_RESPONSES_DATA_DIR: join(folder.path, 'other') });
    const attempt = resolveTemporal(nowhere);
    await expect(attempt).rejects.toBeInstanceOf(TemporalNotFound);
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining('npm start') as string });
  });
});

describe('connecting', () => {
  test('given an address where nothing listens -> then an error within the deadline that names it', async () => {
    const started = Date.now();
    const attempt = connectClient(settings(reaching({ address: '127.0.0.1:1' })), { deadlineMs: 500 });
    await expect(attempt).rejects.toThrow(/127\.0\.0\.1:1/);
    await expect(attempt).rejects.toBeInstanceOf(UnreachableError);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  test('given a namespace that is not there -> then an error that names those that are', async () => {
    const given = { ...reaching({ address: held.temporalAddress ?? '' }), TEMPORAL_NAMESPACE: 'typo' };
    await expect(connectClient(settings(given))).rejects.toMatchObject({
      message: expect.stringContaining('no namespace "typo"') as string,
      hint: expect.stringMatching(/TEMPORAL_NAMESPACE.*default/) as string,
    });
  });
});

describe('search attributes', () => {
  test('given the embedded server -> then they are registered and can be used at once', async () => {
    const { client, connection, namespace } = await connectClient(config);
    expect(await ensureSearchAttributes(connection, namespace)).toBe('ready');
    const typedSearchAttributes = Object.values(SEARCH_ATTRIBUTES).map((key) => ({ key, value: 'v' }));
    const handle = await client.workflow.start('nothing', {
      workflowId: 'sa',
      taskQueue: 'nobody',
      typedSearchAttributes,
    });
    expect((await handle.describe()).typedSearchAttributes.get(SEARCH_ATTRIBUTES.BatchId)).toBe('v');
    await connection.close();
  });

  test('given a namespace without them -> then they are added', async () => {
    const given = { ...reaching({ address: held.temporalAddress ?? '' }), TEMPORAL_NAMESPACE: 'bare' };
    const { connection } = await connectClient(settings(given));
    const { customAttributes: before } = await connection.operatorService.listSearchAttributes({ namespace: 'bare' });
    expect(await ensureSearchAttributes(connection, 'bare')).toBe('ready');
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'bare' });
    expect({ ...before, ...customAttributes }).toMatchObject(customAttributes);
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
    await connection.close();
  });

  test('given a server that refuses -> then what is missing and why, and no exception', async () => {
    const closed = Connection.lazy({ address: '127.0.0.1:1' });
    await closed.close();
    const result = await ensureSearchAttributes(closed, 'default');
    expect(result).toMatchObject({ missing: Object.keys(SEARCH_ATTRIBUTES), reason: expect.any(String) as string });
  });
});

test('given a call that is tried again while its connection is closed -> then it ends, and nothing else is thrown', async () => {
  const proxy = await wayTo(held.temporalAddress ?? '');
  const { client, connection } = await connectClient(settings(reaching(proxy)));
  proxy.cut();
  const asked = client.workflow.getHandle('nobody').describe();
  await connection.close();
  await expect(asked).rejects.toMatchObject({ cause: { details: 'The connection was closed.' } });
});
