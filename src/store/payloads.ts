/** The driver of the SDK's external storage: payloads too large for a history lie in the store, and a claim stands for them. */
import { messageOf } from '../errors';
import type { Payload } from '@temporalio/common';
import {
  ExternalStorage,
  StorageDriverClaim,
  type StorageDriver,
  type StorageDriverStoreContext,
} from '@temporalio/common/lib/converter/extstore';
import { temporal } from '@temporalio/proto';
import { createHash, randomBytes } from 'node:crypto';
import type { BlobStore } from '.';
import { BlobMissingError } from './errors';
import { payloadsFolder } from './places';

/** Above it a payload goes into the store. Where the SDK draws the line, and where servers begin to warn. */
export const EXTERNAL_BYTES = 256 * 1024;

/**
 * The most that a workflow is given at once. Its sandbox handles some 5 MB in a second on a machine that is busy, and a
 * workflow task that takes more than ten seconds is begun anew, for ever.
 */
export const MAX_WORKFLOW_BYTES = 16 * 1024 * 1024;

const ADVICE = 'Put it where an activity reads it, as `startTask` does with large requests.';

/** Stands in every claim: a history that was written under it needs a driver of this name. */
const DRIVER = 'durable-responses-store';

const { Payload: PayloadMessage } = temporal.api.common.v1;

/** A payload that the store has no more, has changed, or that is too large for a workflow: no attempt will ever read it. */
export class PayloadLostError extends Error {
  override readonly name = 'PayloadLostError';
}

/** The store could not be asked just now. */
export class PayloadUnreadError extends Error {
  override readonly name = 'PayloadUnreadError';
}

/** The store did not take a payload. */
export class PayloadNotStoredError extends Error {
  override readonly name = 'PayloadNotStoredError';
}

/** What is given in place of a payload that is lost. Without it, the SDK's throws. */
export type Instead = (lost: PayloadLostError) => Payload;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function store(blobs: BlobStore, { target }: StorageDriverStoreContext, payload: Payload, maxBytes: number) {
  const bytes = PayloadMessage.encode(payload).finish();
  if (bytes.length > maxBytes)
    throw new PayloadNotStoredError(`A payload of ${bytes.length} bytes is more than ${maxBytes}. ${ADVICE}`);
  const hash = sha256(bytes);
  // Never the key of a blob that is there: garbage collection may be about to delete that.
  const key = `${payloadsFolder(target?.namespace ?? '', target?.id ?? '')}/${hash}-${randomBytes(4).toString('hex')}`;
  try {
    await blobs.put(key, bytes);
  } catch (error) {
    throw new PayloadNotStoredError(`A payload of ${bytes.length} bytes could not be stored: ${messageOf(error)}`);
  }
  return new StorageDriverClaim({ key, sha256: hash, bytes: String(bytes.length) });
}

async function retrieve(blobs: BlobStore, { claimData }: StorageDriverClaim, maxBytes: number): Promise<Payload> {
  const { key = '', sha256: expected, bytes: sizeBytes } = claimData;
  const lost = (why: string) =>
    new PayloadLostError(`A payload is lost: ${why} Every program needs the same DURABLE_RESPONSES_STORE.`);
  // Who can write to the server's database writes claims, too: they may name nothing else of the store.
  if (!/^payloads\/[^/]+\/[^/]+\/[^/]+$/.test(key)) throw lost('its claim names no payload of the store.');
  // Before it is read: it may not fit into the memory either.
  if (Number(sizeBytes) > maxBytes)
    throw new PayloadLostError(`A payload of ${sizeBytes} bytes is more than a workflow takes, ${maxBytes}. ${ADVICE}`);
  const bytes = await blobs.get(key).catch((error: unknown) => {
    if (error instanceof BlobMissingError) throw lost(error.message);
    throw new PayloadUnreadError(`A payload could not be read: ${messageOf(error)}`);
  });
  if (sha256(bytes) !== expected) throw lost(`${key} in ${blobs.place} was changed after it was written.`);
  return PayloadMessage.decode(bytes);
}

/**
 * External storage for payloads over 256 KiB, for the data converter of a client or a worker. It comes after the codecs,
 * so what it stores is encrypted; `blobs` is the store itself and not one that encrypts.
 *
 * @param instead For a worker: a payload that is lost for good must not fail a workflow task again and again.
 */
export function externalStorage(blobs: BlobStore, instead?: Instead): ExternalStorage {
  // A client is told at once. A worker cannot refuse what it has made: whoever reads it does.
  const [maxStored, maxRead] = instead ? [Infinity, MAX_WORKFLOW_BYTES] : [MAX_WORKFLOW_BYTES, Infinity];
  const driver: StorageDriver = {
    name: DRIVER,
    type: 'durable-responses.store',
    store: (context, payloads) => Promise.all(payloads.map((payload) => store(blobs, context, payload, maxStored))),
    retrieve: (_context, claims) =>
      Promise.all(
        claims.map((claim) =>
          retrieve(blobs, claim, maxRead).catch((error: unknown) => {
            if (instead && error instanceof PayloadLostError) return instead(error);
            throw error;
          }),
        ),
      ),
  };
  return new ExternalStorage({ drivers: [driver], payloadSizeThreshold: EXTERNAL_BYTES });
}
