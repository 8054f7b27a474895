/** What payloads of the server say to this client, by its codecs and converters. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';

export const decoded = (client: Client, payloads: Payload[] | null | undefined): Promise<unknown[]> =>
  decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
