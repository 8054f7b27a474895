/** The encryption of the store: blobs of every size, parts of them, and each way to change one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { MissingKeyError } from '../src/security/key-ring';
import { encryptedBlobs } from '../src/security/data-converter';
import type { EncryptionKey } from '../src/security/keys';
import { BlobMissingError, DamagedBlobError, folderStore } from '../src/store';

const K1 = { id: 'k1', key: randomBytes(32) };
const K2 = { id: 'k2', key: randomBytes(32) };

const folder = mkdtempSync(join(tmpdir(), 'durable-responses-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = folderStore(folder);
const pathOf = (key: string) => join(folder, key);
const storeWith = (...keys: EncryptionKey[]) => encryptedBlobs(plain, { keys });
const store = storeWith(K1);

const SEGMENT = 65_536;

describe('reading back', () => {
  test.each([0, 1, 100, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 1_000_000])(
    'given a blob of %i bytes -> then the same, whole and in parts, and nothing of it on the disk',
    async (sizeBytes) => {
      const content = randomBytes(sizeBytes);
      await store.put('a/blob', content);
      expect((await store.get('a/blob')).equals(content)).toBe(true);
      for (const [from, to] of [
        [0, 1],
        [0, sizeBytes],
        [sizeBytes - 1, sizeBytes],
        [SEGMENT - 5, SEGMENT + 5],
        [SEGMENT, SEGMENT + 1],
        [2 * SEGMENT - 1, 3 * SEGMENT],
      ] as const) {
        if (from < 0 || to > sizeBytes) continue;
        const part = await store.get('a/blob', { offset: from, length: to - from });
        expect(part.equals(content.subarray(from, to)), `${from} to ${to}`).toBe(true);
      }
      await expect(store.get('a/blob', { offset: sizeBytes, length: 1 })).rejects.toThrow(BlobMissingError);
      if (sizeBytes >= 100) expect((await readFile(pathOf('a/blob'))).includes(content.subarray(0, 50))).toBe(false);
    },
  );

  test('given a blob in clear, of before -> then it is read, whole and in part; the next one is encrypted', async () => {
    await plain.put('old', 'in clear');
    expect(String(await store.get('old'))).toBe('in clear');
    expect(String(await store.get('old', { offset: 3, length: 5 }))).toBe('clear');
    const long = 'x'.repeat(500);
    await plain.put('old', long);
    expect(String(await store.get('old', { offset: 1, length: 3 }))).toBe('xxx');
    await store.put('old', 'in clear');
    expect((await readFile(pathOf('old'))).includes('clear')).toBe(false);
  });

  test('given encryption off -> then blobs are written in clear, and encrypted ones are read with their key', async () => {
    await store.put('before', 'secret');
    const off = encryptedBlobs(plain, { keys: [K1], encrypt: false });
    expect(String(await off.get('before'))).toBe('secret');
    await off.put('after', 'in clear');
    expect(await readFile(pathOf('after'), 'utf8')).toBe('in clear');
    await expect(encryptedBlobs(plain, 'off').get('before')).rejects.toThrow(MissingKeyError);
  });

  test('given a key that was put in front -> then both are read; without the old one, its name is told', async () => {
    await store.put('k', 'with k1');
    const rotated = storeWith(K2, K1);
    await rotated.put('l', 'with k2');
    expect([String(await rotated.get('k')), String(await rotated.get('l'))]).toEqual(['with k1', 'with k2']);
    await expect(storeWith(K2).get('k')).rejects.toThrow('"k1" is missing');
  });
});

describe('changed blobs', () => {
  test('given any byte flipped -> then DamagedBlobError or a missing key, never content', async () => {
    await store.put('flip', 'some private text');
    const sound = await readFile(pathOf('flip'));
    const kinds = new Set<string>();
    for (let at = 0; at < sound.length; at++) {
      const bad = Buffer.from(sound);
      bad[at] = (bad[at] ?? 0) ^ 0x01;
      await writeFile(pathOf('flip'), bad);
      // Without its magic it is a blob in clear for all that anybody can know: noise, and no text of ours.
      const result = await store.get('flip').catch((error: unknown) => error as Error);
      if (Buffer.isBuffer(result)) expect([at < 5, result.includes('private')]).toEqual([true, false]);
      else kinds.add(result.name);
    }
    expect([...kinds].sort()).toEqual(['DamagedBlobError', 'MissingKeyError']);
  });

  test.each<[string, (blob: Buffer) => Buffer]>([
    ['cut inside of a segment', (blob) => blob.subarray(0, -1)],
    ['cut after a segment', (blob) => blob.subarray(0, blob.length - SEGMENT - 28)],
    ['with more behind it', (blob) => Buffer.concat([blob, Buffer.from('x')])],
    ['cut to its header', (blob) => blob.subarray(0, 93)],
    [
      'with two segments exchanged',
      (blob) => {
        const [head, size] = [93, SEGMENT + 28];
        const [one, two] = [blob.subarray(head, head + size), blob.subarray(head + size, head + 2 * size)];
        return Buffer.concat([blob.subarray(0, head), two, one]);
      },
    ],
  ])('given a blob %s -> then it is damaged', async (_what, change) => {
    await store.put('cut', randomBytes(2 * SEGMENT));
    await writeFile(pathOf('cut'), change(await readFile(pathOf('cut'))));
    await expect(store.get('cut')).rejects.toThrow(DamagedBlobError);
  });

  test('given the blob of another key, or another version of it -> then it is damaged', async () => {
    await store.put('mine', randomBytes(SEGMENT + 1));
    const mine = await readFile(pathOf('mine'));
    await writeFile(pathOf('theirs'), mine);
    await expect(store.get('theirs')).rejects.toThrow(/theirs in .* is damaged/);
    await store.put('mine', randomBytes(SEGMENT + 1));
    const next = await readFile(pathOf('mine'));
    const spliced = Buffer.concat([next.subarray(0, 93 + SEGMENT + 28), mine.subarray(93 + SEGMENT + 28)]);
    await writeFile(pathOf('mine'), spliced);
    await expect(store.get('mine')).rejects.toThrow(DamagedBlobError);
    await expect(store.get('mine', { offset: SEGMENT, length: 1 })).rejects.toThrow(DamagedBlobError);
  });

  test('given another key with the same id -> then it is damaged, and the message says so', async () => {
    await store.put('same', 'text');
    const other = storeWith({ id: 'k1', key: randomBytes(32) });
    await expect(other.get('same')).rejects.toThrow('another key has the id "k1"');
  });
});
