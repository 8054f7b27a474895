/** What payloads of the server say to this client, by its codecs and converters. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decodeOptionalSinglePayload, isReferencePayload } from '@temporalio/common/lib/internal-non-workflow';

/**
 * The values, in their order. In the place of one that lies in the store stands undefined: ids are never that large, and
 * they are to be found also where the store cannot be read.
 */
export function decoded(client: Client, payloads: Payload[] | null | undefined): Promise<unknown[]> {
  const { loadedDataConverter } = client.options;
  return Promise.all(
    (payloads ?? []).map(async (payload): Promise<unknown> => {
      return isReferencePayload(payload) ? undefined : decodeOptionalSinglePayload(loadedDataConverter, payload);
    }),
  );
}
