/** The codec and its keys: what is encrypted, what is refused, and what an error says. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DamagedPayloadError, EncryptionCodec, isEncrypted } from '../src/security/codec';
import { encryptedDataConverter } from '../src/security/data-converter';
import { KeyRing, KeysUnavailableError, MissingKeyError, type KeyProvider } from '../src/security/key-ring';
import { checkKeys, parseKeys, writeKeys, type EncryptionKey } from '../src/security/keys';
import { UsageError } from '../src/errors';

const aKey = (id: string): EncryptionKey => ({ id, key: randomBytes(32) });
const [K1, K2] = [aKey('k1'), aKey('k2')];
const codecOf = (keys: EncryptionKey[] | KeyProvider, namespace = 'default', encrypt = true) =>
  new EncryptionCodec(new KeyRing(keys), { namespace, encrypt });
const codec = codecOf([K1]);

const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (one: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(one!);
async function encrypted(value: unknown, by = codec): Promise<Payload> {
  const [one] = await by.encode([payload(value)]);
  return one!;
}
const nonceOf = ({ data }: Payload): string => Buffer.from(data!.subarray(0, 12)).toString('hex');
const encodingOf = ({ metadata }: Payload): string => Buffer.from(metadata!.encoding!).toString();
const bytesOf = (one: Payload): string =>
  Buffer.concat([one.data!, ...Object.values(one.metadata ?? {})]).toString('latin1');

describe('the codec', () => {
  test.each([
    ['text', 'Why do otters hold hands?'],
    ['an object', { a: [1, null, 'é'], b: { c: true } }],
    ['nothing', undefined],
    ['bytes', new Uint8Array([0, 1, 254, 255])],
    ['2 MB', 'x'.repeat(2_000_000)],
  ])('given %s -> then it comes back the same', async (_name, value) => {
    const [back] = await codec.decode([await encrypted(value)]);
    const bytes = value instanceof Uint8Array;
    expect(bytes ? Uint8Array.from(valueOf(back) as Uint8Array) : valueOf(back)).toEqual(value);
    expect(encodingOf(back!)).toBe(encodingOf(payload(value)));
  });

  test('given a payload -> then neither its text nor its encoding can be seen, and it costs less than 150 bytes', async () => {
    const plain = payload({ prompt: 'canary-4711' });
    const hidden = await encrypted({ prompt: 'canary-4711' });
    expect(bytesOf(hidden)).not.toMatch(/canary|prompt|json\/plain/);
    const sizeOf = ({ metadata, data }: Payload) =>
      data!.length + Object.entries(metadata ?? {}).reduce((sum, [key, bytes]) => sum + key.length + bytes.length, 0);
    expect(sizeOf(hidden) - sizeOf(plain)).toBeLessThan(150);
  });

  test('given 100,000 times the same payload -> then 100,000 nonces and no ciphertext twice', async () => {
    const nonces = new Set<string>();
    const texts = new Set<string>();
    const same = Array.from({ length: 1_000 }, () => payload('same'));
    for (let i = 0; i < 100; i++) {
      for (const one of await codec.encode(same)) {
        nonces.add(nonceOf(one));
        texts.add(Buffer.from(one.data!).toString('base64'));
      }
    }
    expect([nonces.size, texts.size]).toEqual([100_000, 100_000]);
  });

  test('given a ciphertext with any one byte flipped -> then it is refused', async () => {
    const hidden = await encrypted('Why do otters hold hands?');
    for (let i = 0; i < hidden.data!.length; i++) {
      const data = Uint8Array.from(hidden.data!);
      data[i]! ^= 1;
      await expect(codec.decode([{ ...hidden, data }]), `byte ${i}`).rejects.toThrow(DamagedPayloadError);
    }
  });

  test.each([0, 1, 11, 12, 27, 28])('given only %s bytes of it -> then it is refused', async (length) => {
    const { metadata, data } = await encrypted('Why?');
    await expect(codec.decode([{ metadata, data: data!.subarray(0, length) }])).rejects.toThrow(DamagedPayloadError);
  });

  test('given a ciphertext of another namespace -> then it is refused, and both are named', async () => {
    const hidden = await encrypted('Why?', codecOf([K1], 'prod'));
    await expect(codec.decode([hidden])).rejects.toThrow(/key "k1".*another namespace than "default"/);
  });

  test('given the id of another known key written over it -> then it is refused', async () => {
    const { metadata, data } = await encrypted('Why?');
    const forged = { metadata: { ...metadata, 'encryption-key-id': Buffer.from('k2') }, data };
    await expect(codecOf([K1, K2]).decode([forged])).rejects.toThrow(DamagedPayloadError);
    const sameKey = { id: 'k2', key: K1.key };
    await expect(codecOf([K1, sameKey]).decode([forged]), 'even with the same key').rejects.toThrow(
      DamagedPayloadError,
    );
  });

  test('given a payload in clear, or of another codec -> then decoding leaves it as it is', async () => {
    const others = [
      payload('clear'),
      { metadata: { encoding: Buffer.from('binary/encrypted') }, data: randomBytes(60) },
      { metadata: null, data: null },
      {},
    ];
    expect(await codec.decode(others)).toEqual(others);
  });

  test('given what is encrypted already -> then encoding leaves it as it is', async () => {
    const once = await codec.encode([payload('a'), payload('b')]);
    expect(await codec.encode(once)).toEqual(once);
    expect(await codec.encode([])).toEqual([]);
  });
});

describe('rotation', () => {
  test('given a new current key -> then it encrypts, and what the old one encrypted is read', async () => {
    const old = await encrypted('old');
    const rotated = codecOf([K2, K1]);
    const fresh = await encrypted('fresh', rotated);
    expect((await rotated.decode([old, fresh])).map(valueOf)).toEqual(['old', 'fresh']);
    expect(Buffer.from(fresh.metadata!['encryption-key-id']!).toString()).toBe('k2');
  });

  test('given a key that is not known -> then the error names it and what to do', async () => {
    const failed = codecOf([K2]).decode([await encrypted('old')]);
    await expect(failed).rejects.toMatchObject({ name: 'MissingKeyError', keyId: 'k1' });
    await expect(failed).rejects.toThrow(/"k1" is missing.*DURABLE_RESPONSES_ENCRYPTION_KEYS/);
  });

  test('given an id that could be none -> then the error does not repeat it', async () => {
    const { data } = await encrypted('x');
    const metadata = { ...(await encrypted('x')).metadata, 'encryption-key-id': Buffer.from('\u001b[31m\nforged') };
    await expect(codec.decode([{ metadata, data }])).rejects.toThrow(/^(?!.*forged)/s);
  });

  test('given encryption turned off -> then what is new is in clear, and what was encrypted is read', async () => {
    const off = codecOf([K1], 'default', false);
    const plain = await encrypted('new', off);
    expect(isEncrypted(plain)).toBe(false);
    expect((await off.decode([await encrypted('old'), plain])).map(valueOf)).toEqual(['old', 'new']);
  });

  test('given off and no key -> then the missing key is named, not an encoding', async () => {
    const { payloadCodecs, failureConverterPath } = encryptedDataConverter('off', 'default');
    await expect(payloadCodecs![0]!.decode([await encrypted('old')])).rejects.toThrow(MissingKeyError);
    expect(failureConverterPath).toBeUndefined();
  });
});

describe('a function that gives keys', () => {
  test('given many payloads at once -> then it is called once', async () => {
    let calls = 0;
    const provided = codecOf(async () => {
      calls++;
      return Promise.resolve([K1]);
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => encrypted(i, provided)));
    expect(calls).toBe(1);
  });

  test('given an unknown key -> then it is asked again, and not more than once in ten seconds', async () => {
    let [calls, nowMs] = [0, 1_000_000];
    const given = [K1];
    const now = Date.now;
    Date.now = () => nowMs;
    try {
      const provided = codecOf(() => (calls++, given));
      await encrypted('x', provided);
      const [byNew, byOther] = [await encrypted('new', codecOf([K2])), await encrypted('other', codecOf([aKey('k3')]))];
      await expect(provided.decode([byNew])).rejects.toThrow(MissingKeyError);
      expect(calls).toBe(1);
      given.unshift(K2);
      nowMs += 10_000;
      expect((await provided.decode([byNew])).map(valueOf)).toEqual(['new']);
      await expect(provided.decode([byOther, byOther])).rejects.toThrow('"k3" is missing');
      expect(calls).toBe(2);
      expect(Buffer.from((await encrypted('y', provided)).metadata!['encryption-key-id']!).toString()).toBe('k2');
    } finally {
      Date.now = now;
    }
  });

  test('given one that fails -> then its error comes through, and the next call asks again', async () => {
    const answers = [new Error('the key service is away'), null];
    const provided = codecOf(() => {
      const failure = answers.shift();
      if (failure) throw failure;
      return [K1];
    });
    await expect(encrypted('x', provided)).rejects.toThrow('the key service is away');
    expect(isEncrypted(await encrypted('x', provided))).toBe(true);
  });

  test('given one that fails for a new key -> then that is no missing key, in words without credentials', async () => {
    let nowMs = 1_000_000;
    vi.spyOn(Date, 'now').mockImplementation(() => nowMs);
    onTestFinished(() => void vi.restoreAllMocks());
    let isAway = false;
    const provided = codecOf(() => {
      if (isAway) throw new Error('503 of the key service, password=hunter-22');
      return nowMs > 1_010_000 ? [K2, K1] : [K1];
    });
    await encrypted('x', provided);
    const byNew = await encrypted('new', codecOf([K2]));
    isAway = true;
    nowMs += 10_000;
    const failed = expect(provided.decode([byNew])).rejects;
    await failed.toThrow(KeysUnavailableError);
    await expect(provided.decode([byNew]), 'within ten seconds').rejects.toThrow(
      /^The encryption key "k2" could not be had: 503 of the key service, password=\*\*\*/,
    );
    isAway = false;
    nowMs += 10_000;
    expect((await provided.decode([byNew])).map(valueOf)).toEqual(['new']);
    await expect(provided.decode([await encrypted('other', codecOf([aKey('k3')]))])).rejects.toThrow(MissingKeyError);
  });

  test('given none, or one of 16 bytes -> then nothing is encrypted with it', async () => {
    await expect(
      encrypted(
        'x',
        codecOf(() => []),
      ),
    ).rejects.toThrow(UsageError);
    await expect(
      encrypted(
        'x',
        codecOf(() => [{ id: 'k', key: randomBytes(16) }]),
      ),
    ).rejects.toThrow('32 random bytes');
  });
});

describe('keys as text', () => {
  const SECRET = randomBytes(32).toString('base64');

  test('given pairs, comments and both forms of Base64 -> then they are read, the first one first', () => {
    const keys = parseKeys(
      `# of 2026\nnew.1:${SECRET}\n\n old_2:${randomBytes(32).toString('base64url')} , third-3:${SECRET}`,
    );
    expect(keys.map(({ id }) => id)).toEqual(['new.1', 'old_2', 'third-3']);
    expect(parseKeys(writeKeys(keys)).map(({ id, key }, i) => id === keys[i]?.id && key.equals(keys[i].key))).toEqual([
      true,
      true,
      true,
    ]);
    expect(JSON.stringify(keys)).not.toContain(SECRET);
  });

  test.each([
    ['no id', SECRET],
    ['an empty id', `:${SECRET}`],
    ['an id with a slash', `a/b:${SECRET}`],
    ['an id of 65 characters', `${'a'.repeat(65)}:${SECRET}`],
    ['a key of 16 bytes', `k1:${randomBytes(16).toString('base64')}`],
    ['a key of 33 bytes', `k1:${randomBytes(33).toString('base64')}`],
    ['a passphrase', 'k1:correct-horse-battery-staple'],
    ['no key', 'k1:'],
    ['one id for two keys', `k1:${SECRET},k1:${randomBytes(32).toString('base64')}`],
  ])('given %s -> then it is refused, and nothing of it is repeated', (_name, text) => {
    expect(() => parseKeys(text)).toThrow(UsageError);
    expect(() => parseKeys(text)).not.toThrow(new RegExp(text.slice(-12).replace(/[+/]/g, '.')));
  });

  test('given the same key twice -> then it counts once', () => {
    expect(checkKeys([K1, { ...K1 }, K2]).map(({ id }) => id)).toEqual(['k1', 'k2']);
  });
});
