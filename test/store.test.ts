/** What every store does: a folder, and a bucket of a server that speaks S3. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlobMissingError, folderStore, s3Store, type BlobStore } from '../src/store';
import { startS3Server, type S3Server } from './helpers/s3-server';

let server: S3Server;
const folder = mkdtempSync(join(tmpdir(), 'durable-responses-store-'));
const clientOptions = () => ({
  endpoint: server.url,
  forcePathStyle: true,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client(clientOptions());
  await client.send(
    new CreateBucketCommand({ Bucket: 'tasks', CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
  );
}, 200_000);

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function all(store: BlobStore, prefix: string) {
  const found = [];
  for await (const entry of store.entries(prefix)) found.push(entry);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe.each<[string, () => BlobStore]>([
  ['a folder', () => folderStore(folder)],
  ['a bucket', () => s3Store({ bucket: 'tasks', prefix: 'some/where', client: clientOptions() })],
  ['a whole bucket', () => s3Store({ bucket: 'tasks', client: clientOptions() })],
])('%s', (_name, open) => {
  test('given a blob that is put twice -> then the second, whole and in part', async () => {
    const store = open();
    await store.put('a/b~1/c%20d.json', 'first');
    await store.put('a/b~1/c%20d.json', Buffer.from('second'));
    expect(String(await store.get('a/b~1/c%20d.json'))).toBe('second');
    expect(String(await store.get('a/b~1/c%20d.json', { offset: 2, length: 3 }))).toBe('con');
  });

  test('given 60 MB -> then the same', async () => {
    const store = open();
    const content = randomBytes(60_000_000);
    await store.put('large', content);
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await store.get('large'))).toBe(hash(content));
  });

  test('given no such blob, or one that is too short -> then BlobMissingError names it and the place', async () => {
    const store = open();
    await store.put('short', '12345');
    await expect(store.get('none')).rejects.toThrow(BlobMissingError);
    await expect(store.get('short', { offset: 3, length: 3 })).rejects.toThrow(BlobMissingError);
    await expect(store.get('short', { offset: 9, length: 1 })).rejects.toThrow(`There is no short in ${store.place}.`);
  });

  test('given blobs below a prefix -> then they are listed with size and time, and deleted: one, some, all', async () => {
    const store = open();
    for (const key of ['l/1', 'l/2', 'l/m/3', 'l2/4']) await store.put(key, key);
    const entries = await all(store, 'l/');
    expect(entries.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
      ['l/1', 3],
      ['l/2', 3],
      ['l/m/3', 5],
    ]);
    expect(entries.every(({ writtenMs }) => Math.abs(writtenMs - Date.now()) < 60_000)).toBe(true);
    await store.remove(['l/1', 'l/gone']);
    expect((await all(store, 'l/')).map(({ key }) => key)).toEqual(['l/2', 'l/m/3']);
    await store.removeAll('l/');
    expect(await all(store, 'l/')).toEqual([]);
    expect(await store.list('l2/')).toEqual(['l2/4']);
  });
});

test('given a bucket that is not there, or a server that does not answer -> then an error names the store', async () => {
  const none = s3Store({ bucket: 'nobodys', client: clientOptions() });
  await expect(none.get('a')).rejects.toThrow(/The store s3:\/\/nobodys does not answer as it should: NoSuchBucket/);
  await expect(none.put('a', 'b')).rejects.toThrow(/NoSuchBucket/);
  const client = { ...clientOptions(), endpoint: 'http://127.0.0.1:1', maxAttempts: 1 };
  await expect(s3Store({ bucket: 'tasks', client }).get('a')).rejects.toThrow(/s3:\/\/tasks .*ECONNREFUSED/);
});
