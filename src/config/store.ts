/** The setting of the store: a folder, or a place in a bucket. */
import { join, resolve } from 'node:path';
import { z } from 'zod';

export type StoreConfig =
  /** Absolute. */
  | { readonly kind: 'folder'; readonly path: string }
  /** `pathStyle`: an endpoint of one's own is named, and most such servers have no host name for each bucket. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string; readonly pathStyle: boolean };

/** A bucket, and a prefix of the characters that every server of the protocol takes. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/;

export const storePlace = z
  .string()
  .refine((text) => !/^[a-z0-9]+:\/\//i.test(text) || S3.test(text), 'expected a folder, or s3://bucket/prefix')
  .optional();

interface Values {
  DURABLE_RESPONSES_STORE?: string;
  /** Its name when there were only folders. */
  DURABLE_RESPONSES_STORE_DIR?: string;
  DURABLE_RESPONSES_DATA_DIR: string;
}

export function storeOf(values: Values, env: Record<string, string>): StoreConfig {
  const place = values.DURABLE_RESPONSES_STORE ?? values.DURABLE_RESPONSES_STORE_DIR;
  const [, bucket, prefix = ''] = S3.exec(place ?? '') ?? [];
  if (bucket === undefined) {
    const path = resolve(place ?? join(values.DURABLE_RESPONSES_DATA_DIR, 'store'));
    return Object.freeze({ kind: 'folder', path });
  }
  const pathStyle = (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) !== undefined;
  return Object.freeze({ kind: 's3', bucket, prefix: prefix.replace(/^\/+|\/+$/g, ''), pathStyle });
}
