/** A bucket as a store, so that workers on several machines share one: S3, or any server that speaks its protocol. */
import type { S3Client, S3ClientConfig, GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { BlobEntry, BlobStore, ByteRange } from '.';
import { UsageError } from '../errors';
import { BlobMissingError } from './errors';

export interface S3StoreOptions {
  bucket: string;
  /** Before each key, without a slash at its end. Default: none. */
  prefix?: string;
  /** More options of the client; region, endpoint and credentials come from the standard `AWS_*` variables and files. */
  client?: S3ClientConfig;
}

type Sdk = typeof import('@aws-sdk/client-s3');

interface Bucket {
  sdk: Sdk;
  client: S3Client;
}

/** A request whose answer does not begin within this time is repeated; a blob has 64 MB. */
const REQUEST_MS = 60_000;
const CONNECT_MS = 5_000;
/** With waits of up to some seconds between them; then the engine repeats the activity. */
const ATTEMPTS = 4;

/** It has 22 MB, and most installations never need it. @throws UsageError when it is not installed. */
export async function loadS3(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    const advice = 'install it beside this package: npm install @aws-sdk/client-s3';
    throw new UsageError([`DURABLE_RESPONSES_STORE: a store in S3 needs @aws-sdk/client-s3; ${advice}`]);
  }
}

async function connect({ client }: S3StoreOptions): Promise<Bucket> {
  const sdk = await loadS3();
  return {
    sdk,
    client: new sdk.S3Client({
      maxAttempts: ATTEMPTS,
      requestHandler: { requestTimeout: REQUEST_MS, connectionTimeout: CONNECT_MS },
      // Other servers of the protocol do not know the newer ones, and blobs are checked by what is in them.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...client,
    }),
  };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

/** Not when the bucket itself is not there: that says nothing about the blob. 416: it ends before the range. */
const isMissing = (error: unknown): boolean =>
  statusOf(error) === 416 || (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket');

/** Says which store it was; the client's own messages name neither bucket nor key. Its cause is kept for a stack. */
function storeError(error: unknown, place: string): Error {
  if (error instanceof UsageError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new Error(`The store ${place} does not answer as it should: ${name}: ${message}`, { cause: error });
}

const rangeOf = ({ offset, length }: ByteRange): string => `bytes=${offset}-${offset + length - 1}`;

async function bytesOf({ Body }: GetObjectCommandOutput): Promise<Buffer> {
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** The most that one request deletes. */
const DELETED_AT_ONCE = 1000;

/** A store in a bucket, which must be there. Nothing is asked for before it is used. */
export function s3Store(options: S3StoreOptions): BlobStore {
  const { bucket: Bucket, prefix = '' } = options;
  const place = `s3://${Bucket}${prefix ? `/${prefix}` : ''}`;
  const nameOf = (key: string) => (prefix ? `${prefix}/${key}` : key);
  let opened: Promise<Bucket> | undefined;
  const within = async <T>(work: (bucket: Bucket) => Promise<T>): Promise<T> => {
    try {
      return await work(await (opened ??= connect(options)));
    } catch (error) {
      throw error instanceof BlobMissingError ? error : storeError(error, place);
    }
  };

  async function* objects(under: string): AsyncGenerator<BlobEntry> {
    for (let ContinuationToken: string | undefined; ;) {
      const page = await within(({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: nameOf(under), ContinuationToken })),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const key = prefix ? Key.slice(prefix.length + 1) : Key;
        yield { key, sizeBytes: Size, writtenMs: LastModified?.getTime() ?? Date.now() };
      }
      ContinuationToken = page.NextContinuationToken;
      if (!page.IsTruncated || ContinuationToken === undefined) return;
    }
  }

  async function remove(keys: string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const Objects = keys.slice(at, at + DELETED_AT_ONCE).map((key) => ({ Key: nameOf(key) }));
      const { Errors = [] } = await within(({ sdk, client }) =>
        client.send(new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
      );
      if (Errors[0]) throw storeError(new Error(`${Errors[0].Code}: ${Errors[0].Message}`), place);
    }
  }

  async function keysUnder(under: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of objects(under)) keys.push(key);
    return keys.sort();
  }

  return {
    place,
    put: (key, content) =>
      within(async ({ sdk, client }) => {
        const Body = typeof content === 'string' ? Buffer.from(content) : content;
        await client.send(new sdk.PutObjectCommand({ Bucket, Key: nameOf(key), Body }));
      }),
    get: (key, range) =>
      within(async ({ sdk, client }) => {
        const request = { Bucket, Key: nameOf(key), ...(range ? { Range: rangeOf(range) } : {}) };
        try {
          const content = await bytesOf(await client.send(new sdk.GetObjectCommand(request)));
          // Of a range that reaches beyond the end there is the part before it.
          if (!range || content.length === range.length) return content;
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
        throw new BlobMissingError(key, place);
      }),
    remove,
    removeAll: async (under) => remove(await keysUnder(under)),
    list: keysUnder,
    entries: objects,
  };
}
