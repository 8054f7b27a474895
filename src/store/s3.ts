/** A bucket as a store, so that workers on several machines share one: S3, or any server that speaks its protocol. */
import type * as sdkTypes from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
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

/** The package itself, which is loaded when it is needed. */
type Sdk = typeof sdkTypes;

interface Opened {
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

async function connect({ client }: S3StoreOptions): Promise<Opened> {
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

class S3Store implements BlobStore {
  readonly place: string;
  private readonly bucket: string;
  private readonly prefix: string;
  private opened: Promise<Opened> | undefined;

  constructor(private readonly options: S3StoreOptions) {
    const { bucket, prefix = '' } = options;
    this.bucket = bucket;
    this.prefix = prefix ? `${prefix}/` : '';
    this.place = `s3://${bucket}${prefix ? `/${prefix}` : ''}`;
  }

  async put(key: string, content: string | Uint8Array): Promise<void> {
    const Body = typeof content === 'string' ? Buffer.from(content) : content;
    const request = { Bucket: this.bucket, Key: this.nameOf(key), Body };
    await this.within(({ sdk, client }) => client.send(new sdk.PutObjectCommand(request)));
  }

  get(key: string, range?: ByteRange): Promise<Buffer> {
    const request = { Bucket: this.bucket, Key: this.nameOf(key), ...(range ? { Range: rangeOf(range) } : {}) };
    return this.within(async ({ sdk, client }) => {
      try {
        const content = await bytesOf(await client.send(new sdk.GetObjectCommand(request)));
        // Of a range that reaches beyond the end there is the part before it.
        if (!range || content.length === range.length) return content;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      throw new BlobMissingError(key, this.place);
    });
  }

  async remove(keys: string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const Objects = keys.slice(at, at + DELETED_AT_ONCE).map((key) => ({ Key: this.nameOf(key) }));
      const request = { Bucket: this.bucket, Delete: { Objects, Quiet: true } };
      await this.within(async ({ sdk, client }) => {
        const { Errors = [] } = await client.send(new sdk.DeleteObjectsCommand(request));
        if (Errors[0]) throw new Error(`${Errors[0].Code}: ${Errors[0].Message}`);
      });
    }
  }

  async removeAll(prefix: string): Promise<void> {
    await this.remove(await this.list(prefix));
  }

  /** All that is below, too: it is only ever asked for folders of files. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.entries(prefix)) keys.push(key);
    return keys.sort();
  }

  async *entries(prefix: string): AsyncGenerator<BlobEntry> {
    const request = { Bucket: this.bucket, Prefix: this.nameOf(prefix) };
    for (let ContinuationToken: string | undefined; ;) {
      const page = await this.within(({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ ...request, ContinuationToken })),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
        yield {
          key: Key.slice(this.prefix.length),
          sizeBytes: Size,
          writtenMs: LastModified?.getTime() ?? Date.now(),
        };
      ContinuationToken = page.NextContinuationToken;
      if (!page.IsTruncated || ContinuationToken === undefined) return;
    }
  }

  private nameOf(key: string): string {
    return `${this.prefix}${key}`;
  }

  private async within<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      return await work(await (this.opened ??= connect(this.options)));
    } catch (error) {
      throw error instanceof BlobMissingError ? error : storeError(error, this.place);
    }
  }
}

/** A store in a bucket, which must be there. Nothing is asked for before it is used. */
export const s3Store = (options: S3StoreOptions): BlobStore => new S3Store(options);
