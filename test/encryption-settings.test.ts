/** Where keys come from: settings, a file, the data folder; and what a program without any says. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { childEnvironment, loadConfig, secretFromEnv } from '../src/config';
import { describeConfig } from '../src/config/describe';
import { UsageError } from '../src/errors';
import { configuredEncryption, keyFileOf } from '../src/security/encryption';
import { ensureSecretFile, readSecretFile } from '../src/security/secret-file';
import { temporaryFolder } from './helpers/embedded';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dataDir: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
  await mkdir(dataDir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

const SECRET = randomBytes(32).toString('base64');
const pair = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const configOf = (environment: Record<string, string>) =>
  loadConfig({ HOME: folder.path, DURABLE_RESPONSES_DATA_DIR: dataDir, ...environment });
const idsOf = async (environment: Record<string, string>, source: 'configured' | 'embedded' = 'configured') => {
  const { keys, encrypt } = await configuredEncryption(configOf(environment), source);
  return [...keys.map(({ id }) => id), encrypt ? 'on' : 'off'];
};
const KEYS = 'DURABLE_RESPONSES_ENCRYPTION_KEYS';
const FILE = 'DURABLE_RESPONSES_ENCRYPTION_KEYS_FILE';
const OFF = { DURABLE_RESPONSES_ENCRYPTION: 'off' };

async function keyFile(text: string, mode = 0o600): Promise<string> {
  const path = join(folder.path, 'keys');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('settings', () => {
  test('given keys in the environment and in a file -> then those of the environment come first', async () => {
    const path = await keyFile(`# older\n${pair('f1')}\n${pair('f2')}\n`);
    expect(await idsOf({ [KEYS]: `${pair('e1')}, ${pair('e2')}`, [FILE]: path })).toEqual([
      'e1',
      'e2',
      'f1',
      'f2',
      'on',
    ]);
  });

  test('given neither keys nor off, for a server of your own -> then both ways are named', async () => {
    await expect(idsOf({})).rejects.toThrow(/ENCRYPTION_KEYS[^]*openssl rand[^]*ENCRYPTION=off/);
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('given off -> then nothing is encrypted; with keys, what was encrypted can be read', async () => {
    expect(await idsOf(OFF)).toEqual(['off']);
    expect(await idsOf({ ...OFF, [KEYS]: pair('e1') })).toEqual(['e1', 'off']);
  });

  test.each(['no', 'OFF', 'false'])('given %s for on or off -> then it is refused', (value) => {
    expect(() => configOf({ DURABLE_RESPONSES_ENCRYPTION: value })).toThrow('expected on or off');
  });

  test.each([
    ['a short key', 'k1:c2hvcnQ='],
    ['no id', SECRET],
    ['two keys of one id', `k1:${SECRET} k1:${randomBytes(32).toString('base64')}`],
  ])('given %s -> then the variable is named, and the value is not', (_name, value) => {
    expect(() => configOf({ [KEYS]: value })).toThrow(new RegExp(`^${KEYS}: encryption key`));
    expect(() => configOf({ [KEYS]: value })).not.toThrow(value.slice(3, 12));
  });

  test.each(['http://ui.example/path', 'http://ui.example/', 'ui.example', 'ftp://ui.example', '*'])(
    'given %s for the origin of a Web UI -> then it is refused',
    (origin) => {
      expect(() => configOf({ DURABLE_RESPONSES_CODEC_ORIGIN: origin })).toThrow('expected the origin of a Web UI');
    },
  );

  test('given keys -> then the printed configuration has their ids, and neither it nor JSON a key', () => {
    const config = configOf({ [KEYS]: `k1:${SECRET}`, DURABLE_RESPONSES_CODEC_TOKEN: 't'.repeat(40) });
    expect(describeConfig(config)).toContain('encryption: on; keys k1');
    expect(describeConfig(config) + JSON.stringify(config.encryption)).not.toContain(SECRET.slice(0, 10));
    expect(describeConfig(config)).not.toContain('tttt');
  });

  test('given keys in the environment -> then no program that is started gets them, and no task by `secret://`', () => {
    vi.stubEnv(KEYS, `k1:${SECRET}`);
    vi.stubEnv('DURABLE_RESPONSES_CODEC_TOKEN', 't'.repeat(40));
    expect(JSON.stringify(childEnvironment())).not.toMatch(/k1:|tttt/);
    expect(secretFromEnv(KEYS)).toBeUndefined();
  });
});

describe('files', () => {
  test.each([0o600, 0o400, 0o640, 0o440])('given a file of mode %o -> then it is read', async (mode) => {
    expect(await idsOf({ [FILE]: await keyFile(pair('f1'), mode) })).toEqual(['f1', 'on']);
  });

  test.each([0o644, 0o604, 0o660, 0o602, 0o601])('given a file of mode %o -> then it is refused', async (mode) => {
    const path = await keyFile(pair('f1'), mode);
    await expect(idsOf({ [FILE]: path })).rejects.toThrow(
      `${FILE}: other users have access to ${path}; run \`chmod 600`,
    );
  });

  test('given no such file, or one with a broken line -> then the variable is named, and no key', async () => {
    await expect(idsOf({ [FILE]: '/nowhere/keys' })).rejects.toThrow(`${FILE}: /nowhere/keys cannot be read (ENOENT)`);
    const path = await keyFile(`${pair('f1')}\nf2:${SECRET.slice(0, 20)}`);
    await expect(idsOf({ [FILE]: path })).rejects.toThrow(new RegExp(`^${FILE}: encryption key 2 \\(f2\\)`));
  });
});

describe('the embedded server', () => {
  test('given twenty programs that start at once -> then all have the same key, in one file of mode 600', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => configuredEncryption(configOf({}), 'embedded')));
    const keys = new Set(all.map(({ keys: [key] }) => key?.key.export().toString('hex')));
    expect(keys.size).toBe(1);
    expect(await readdir(dataDir)).toEqual(['encryption.keys']);
    expect((await stat(keyFileOf(dataDir))).mode & 0o777).toBe(0o600);
    expect(all[0]?.encrypt).toBe(true);
  });

  test('given keys in the settings -> then they come first, and no key is made; one that is there still reads', async () => {
    expect(await idsOf({ [KEYS]: pair('e1') }, 'embedded')).toEqual(['e1', 'on']);
    expect(await readdir(dataDir)).toEqual([]);
    const [own = ''] = await idsOf({}, 'embedded');
    expect(own).toMatch(/^local-[0-9a-f]{6}$/);
    expect(await idsOf({ [KEYS]: pair('e1') }, 'embedded')).toEqual(['e1', own, 'on']);
    expect(await idsOf(OFF, 'embedded')).toEqual([own, 'off']);
  });

  test('given a key put in front in its file -> then that one encrypts', async () => {
    const [own = ''] = await idsOf({}, 'embedded');
    const path = keyFileOf(dataDir);
    await writeFile(path, `${pair('new')}\n${await readFile(path, 'utf8')}`);
    expect(await idsOf({}, 'embedded')).toEqual(['new', own, 'on']);
  });

  test('given a key file that others may read -> then the program stops, and says what to do', async () => {
    await idsOf({}, 'embedded');
    await chmod(keyFileOf(dataDir), 0o644);
    await expect(idsOf({}, 'embedded')).rejects.toThrow(UsageError);
    await expect(idsOf({}, 'embedded')).rejects.toThrow(/chmod 600 .*encryption\.keys/);
  });
});

test('given a secret file that is made and read by many at once -> then one content, and nothing left beside it', async () => {
  const path = join(dataDir, 'codec.token');
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => ensureSecretFile(path, path, `token ${i}`)));
  expect(new Set(made)).toEqual(new Set([await readSecretFile(path, path)]));
  expect(await readdir(dataDir)).toEqual(['codec.token']);
});
