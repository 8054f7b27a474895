import { APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { emulated, type Emulated } from './helpers/emulated';

async function thrown(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (error instanceof APIError) return error;
  throw new Error('The call was not refused.');
}

const upload = async ({ client }: Emulated, name: string, content = 'some text') =>
  (await client.files.create({ file: new File([content], name), purpose: 'assistants' })).id;

describe('vector stores', () => {
  test('given two files -> then indexed one after the other, and counted', async () => {
    const all = await emulated();
    const { vectorStores } = all.client;
    const file_ids = [await upload(all, 'a.md'), await upload(all, 'b.exe')];
    const { id } = await vectorStores.create({ name: 'sources', file_ids });
    const counts = async () => (await vectorStores.retrieve(id)).file_counts;
    expect(await counts()).toMatchObject({ in_progress: 2, completed: 0, total: 2 });
    all.at(1);
    expect(await counts()).toMatchObject({ in_progress: 1, completed: 1 });
    all.at(2);
    expect(await counts()).toMatchObject({ in_progress: 0, completed: 1, failed: 1 });
    expect((await vectorStores.retrieve(id)).status).toBe('completed');
    const failed = (await vectorStores.files.list(id, { filter: 'failed' })).data;
    expect(failed).toMatchObject([{ id: file_ids[1], last_error: { code: 'unsupported_file' } }]);
  });

  test('given a file search -> then it cites the files of the store', async () => {
    const all = await emulated();
    const { id } = await all.client.vectorStores.create({ file_ids: [await upload(all, 'market.pdf')] });
    all.at(1);
    const tools = [{ type: 'file_search', vector_store_ids: [id] }];
    const response = await all.create({ tools });
    all.at(100);
    const { output } = await all.client.responses.retrieve(response);
    expect(JSON.stringify(output)).toContain('market.pdf');
  });

  test('given a deleted, an expired or no store -> then 404, and nothing is created', async () => {
    const all = await emulated();
    const { vectorStores } = all.client;
    const deleted = (await vectorStores.create({})).id;
    expect(await vectorStores.delete(deleted)).toMatchObject({ deleted: true });
    const expired = (await vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } })).id;
    all.at(86_401);
    for (const id of [deleted, expired, 'vs_none']) {
      const error = await thrown(all.create({ tools: [{ type: 'file_search', vector_store_ids: [id] }] }));
      expect([error.status, error.message]).toEqual([404, expect.stringContaining(`'${id}' not found`)]);
    }
    expect(all.emulator.ledger().creates).toEqual([]);
    expect(all.emulator.liveVectorStores()).toEqual([expired]);
  });
});

describe('limits of the account', () => {
  test('given 2 responses in flight of 2 -> then 429 with Retry-After, until one has ended', async () => {
    const all = await emulated({ limits: { concurrentResponses: 2 } });
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '10' };
    await all.create({ metadata });
    await all.create({ metadata });
    const error = await thrown(all.create({ metadata }));
    expect([error.status, error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(error.headers?.get('retry-after')).toBe('1');
    all.at(10);
    await all.create({ metadata });
    expect(all.emulator.ledger().creates).toHaveLength(3);
  });

  test('given 3 requests a minute -> then the fourth waits for its part of the minute', async () => {
    const all = await emulated({ limits: { requestsPerMinute: 3 } });
    for (let i = 0; i < 3; i++) await all.client.models.list();
    const error = await thrown(Promise.resolve(all.client.models.list()));
    expect([error.status, error.headers?.get('retry-after-ms')]).toEqual([429, '20000']);
    all.at(20);
    await all.client.models.list();
  });
});
