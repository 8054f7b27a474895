/** Settings of encryption and of the codec server. */
import { z } from 'zod';
import { UsageError } from '../errors';
import { parseUrl } from '../network/parse-url';
import { parseKeys, type CheckedKey } from '../security/keys';

export interface EncryptionConfig {
  /** Payloads are stored in clear. */
  readonly off: boolean;
  /** The current one first; none where a file or the data folder has them. */
  readonly keys: readonly CheckedKey[];
  /** A file with keys, which come after those above. */
  readonly keysFile?: string;
}

export interface CodecServerConfig {
  readonly host: string;
  readonly port: number;
  /** Of the Web UI that may use it; no browser may without. */
  readonly origin?: string;
  /** What a caller has to know; without, one of the data folder. */
  readonly token?: string;
}

/** `id:key` pairs. A key that is none is told by its number, and nothing of it is shown. */
export const encryptionKeys = z
  .string()
  .transform((text, context): CheckedKey[] => {
    try {
      return parseKeys(text);
    } catch (error) {
      const problems = error instanceof UsageError ? error.problems : [];
      for (const message of problems) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  })
  .default([]);

/** As a browser sends it: a path, or a slash at the end, would never be equal. */
export const onlyOrigin = z
  .string()
  .refine(
    (text) => /^https?:/.test(text) && parseUrl(text)?.origin === text,
    'expected the origin of a Web UI, such as https://cloud.temporal.io, without a path and a slash at the end',
  )
  .optional();

/** It is a part of an address. */
export const secretToken = z
  .string()
  .regex(/^[A-Za-z0-9_-]{32,200}$/, 'expected 32 to 200 of A-Z a-z 0-9 _ -')
  .optional();

export function encryptionOf(values: {
  DURABLE_RESPONSES_ENCRYPTION: 'on' | 'off';
  DURABLE_RESPONSES_ENCRYPTION_KEYS: CheckedKey[];
  DURABLE_RESPONSES_ENCRYPTION_KEYS_FILE?: string;
}): EncryptionConfig {
  return Object.freeze({
    off: values.DURABLE_RESPONSES_ENCRYPTION === 'off',
    keys: Object.freeze(values.DURABLE_RESPONSES_ENCRYPTION_KEYS),
    keysFile: values.DURABLE_RESPONSES_ENCRYPTION_KEYS_FILE,
  });
}

export function codecServerOf(values: {
  DURABLE_RESPONSES_CODEC_HOST: string;
  DURABLE_RESPONSES_CODEC_PORT: number;
  DURABLE_RESPONSES_CODEC_ORIGIN?: string;
  DURABLE_RESPONSES_CODEC_TOKEN?: string;
}): CodecServerConfig {
  return Object.freeze({
    host: values.DURABLE_RESPONSES_CODEC_HOST,
    port: values.DURABLE_RESPONSES_CODEC_PORT,
    origin: values.DURABLE_RESPONSES_CODEC_ORIGIN,
    token: values.DURABLE_RESPONSES_CODEC_TOKEN,
  });
}
