import type { VectorStoreCreateParams } from 'openai/resources/vector-stores/vector-stores';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './helpers/embedded';
import { emulated, type Emulated, START_MS, thrown } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const DAY_SECONDS = 86_400;

const upload = async (
  { client }: Emulated,
  name: string,
  content: string | Uint8Array<ArrayBuffer> = `About ${name}.`,
) => (await client.files.create({ file: new File([content], name), purpose: 'assistants' })).id;

/** A vector store with two files, indexed after two seconds. */
async function withStore(all: Emulated, fields: VectorStoreCreateParams = {}) {
  const file_ids = [await upload(all, 'otters.md'), await upload(all, 'rivers.txt')];
  return { file_ids, store: await all.client.vectorStores.create({ name: 'notes', file_ids, ...fields }) };
}

const searching = (...vector_store_ids: string[]) => ({
  metadata: TIMES,
  include: ['file_search_call.results'],
  tools: [{ type: 'file_search', vector_store_ids }],
});

describe('vector stores', () => {
  test('given two files -> then they are indexed one after the other', async () => {
    const all = await emulated();
    const { store } = await withStore(all, { metadata: { owner: 'me' } });
    expect(store).toMatchObject({ object: 'vector_store', name: 'notes', status: 'in_progress', usage_bytes: 0 });
    expect(store.file_counts).toEqual({ in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 });
    all.at(1);
    expect((await all.client.vectorStores.retrieve(store.id)).file_counts).toMatchObject({ in_progress: 1 });
    all.at(2);
    const done = await all.client.vectorStores.retrieve(store.id);
    expect(done).toMatchObject({ status: 'completed', metadata: { owner: 'me' }, usage_bytes: 33 });
    expect(done.file_counts).toMatchObject({ completed: 2, total: 2 });
  });

  test.each([
    [{ emulator_indexing_seconds: '10' }, 1, 19.9, 20],
    [{ emulator_indexing_seconds: '10' }, 10, 1.9, 2],
    [{ emulator_indexing_seconds: '0' }, 1, 0, 0],
  ])('given %j and time scale %d -> then it is done in that time', async (metadata, timeScale, before, after) => {
    const all = await emulated({ timeScale });
    const { store } = await withStore(all, { metadata });
    const statusAt = async (seconds: number) => {
      all.at(seconds);
      return (await all.client.vectorStores.retrieve(store.id)).status;
    };
    if (before < after) expect(await statusAt(before)).toBe('in_progress');
    expect(await statusAt(after)).toBe('completed');
  });

  test.each([
    ['an empty file', 'empty.md', '', 'invalid_file'],
    ['a program', 'setup.exe', 'MZ', 'unsupported_file'],
    ['bytes of no known kind', 'data.xyz', new Uint8Array([0, 255, 1]), 'unsupported_file'],
    ['a file that is to fail', 'fails.md', 'x', 'server_error'],
  ])('given %s -> then it fails and the others do not', async (_, name, content, code) => {
    const all = await emulated();
    const id = await upload(all, name, content);
    const { store, file_ids } = await withStore(all, { metadata: { emulator_failing_file: 'fails.md' } });
    await all.client.vectorStores.files.create(store.id, { file_id: id });
    expect(await all.client.vectorStores.files.retrieve(id, { vector_store_id: store.id })).toMatchObject({
      status: 'in_progress',
      last_error: null,
    });
    all.at(3);
    const { data } = await all.client.vectorStores.files.list(store.id, { filter: 'failed' });
    expect(data).toMatchObject([{ id, status: 'failed', last_error: { code }, vector_store_id: store.id }]);
    expect((await all.client.vectorStores.files.list(store.id, { filter: 'completed' })).data).toHaveLength(2);
    expect((await all.client.vectorStores.retrieve(store.id)).file_counts).toMatchObject({ failed: 1, total: 3 });
    expect(file_ids).not.toContain(id);
  });

  test('given a text of no known kind -> then it is indexed', async () => {
    const all = await emulated();
    const { id } = await all.client.vectorStores.create({ file_ids: [await upload(all, 'notes.xyz')] });
    all.at(1);
    expect((await all.client.vectorStores.retrieve(id)).file_counts.completed).toBe(1);
  });

  test('given a change -> then name, metadata and days are new, and what is not given stays', async () => {
    const all = await emulated();
    const { store } = await withStore(all, { metadata: { a: '1' } });
    all.at(5);
    await all.client.vectorStores.update(store.id, { name: 'renamed' });
    const changed = await all.client.vectorStores.update(store.id, {
      expires_after: { anchor: 'last_active_at', days: 2 },
    });
    expect(changed).toMatchObject({ name: 'renamed', metadata: { a: '1' }, last_active_at: START_MS / 1000 + 5 });
    expect(changed.expires_at).toBe(START_MS / 1000 + 5 + 2 * DAY_SECONDS);
    expect((await all.client.vectorStores.update(store.id, { expires_after: null })).expires_at).toBeNull();
  });

  test('given more than a page -> then the client reads on to the end', async () => {
    const { client } = await emulated();
    const names = Array.from({ length: 5 }, (_, i) => `store ${i}`);
    for (const name of names) await client.vectorStores.create({ name });
    const seen: string[] = [];
    for await (const { name } of client.vectorStores.list({ limit: 2, order: 'asc' })) seen.push(name);
    expect(seen).toEqual(names);
  });

  test('given its days without use -> then it has expired: seen, not searched, not live', async () => {
    const all = await emulated();
    const { store } = await withStore(all, { expires_after: { anchor: 'last_active_at', days: 1 } });
    all.at(DAY_SECONDS - 1);
    await all.create(searching(store.id));
    all.at(2 * DAY_SECONDS - 2);
    expect(all.emulator.liveVectorStores()).toEqual([store.id]);
    all.at(2 * DAY_SECONDS - 1);
    expect((await all.client.vectorStores.retrieve(store.id)).status).toBe('expired');
    expect(all.emulator.liveVectorStores()).toEqual([]);
    const error = await thrown(all.create(searching(store.id)));
    expect([error.status, error.message]).toEqual([404, `404 Vector store with id '${store.id}' not found.`]);
  });

  test('given a delete -> then it is gone, its files stay, and the ledger knows', async () => {
    const all = await emulated();
    const { client, emulator } = all;
    const { store, file_ids } = await withStore(all);
    expect(await client.vectorStores.delete(store.id)).toEqual({
      id: store.id,
      object: 'vector_store.deleted',
      deleted: true,
    });
    for (const call of [client.vectorStores.retrieve(store.id), client.vectorStores.delete(store.id)]) {
      const error = await thrown(call);
      expect([error.status, error.message]).toEqual([404, `404 Vector store with id '${store.id}' not found.`]);
    }
    expect(emulator.liveFiles()).toEqual(file_ids);
    expect(emulator.liveVectorStores()).toEqual([]);
    expect(emulator.ledger().vectorStores).toEqual([
      { id: store.id, name: 'notes', at: START_MS, deletedAt: START_MS },
    ]);
  });

  test('given an unknown file -> then 404, and nothing is made', async () => {
    const { client, emulator } = await emulated();
    expect((await thrown(client.vectorStores.create({ file_ids: ['file-none'] }))).status).toBe(404);
    expect(emulator.ledger().vectorStores).toEqual([]);
  });

  test('given a switch that is no number -> then 400 at its place', async () => {
    const { client } = await emulated();
    const error = await thrown(client.vectorStores.create({ metadata: { emulator_indexing_seconds: 'soon' } }));
    expect([error.status, error.param]).toEqual([400, 'metadata.emulator_indexing_seconds']);
  });
});

describe('files of vector stores', () => {
  test('given a file taken out -> then it is out and exists; one that is deleted is out of every store', async () => {
    const all = await emulated();
    const { client } = all;
    const { store, file_ids } = await withStore(all);
    const [first = '', second = ''] = file_ids;
    const removed = await client.vectorStores.files.delete(first, { vector_store_id: store.id });
    expect(removed).toEqual({ id: first, object: 'vector_store.file.deleted', deleted: true });
    expect((await client.files.retrieve(first)).id).toBe(first);
    await client.files.delete(second);
    expect((await client.vectorStores.files.list(store.id)).data).toEqual([]);
    const { status, message } = await thrown(client.vectorStores.files.retrieve(first, { vector_store_id: store.id }));
    expect([status, message]).toEqual([404, `404 No file found with id '${first}' in vector store '${store.id}'.`]);
  });

  test('given a batch of files -> then it is done when they are', async () => {
    const all = await emulated();
    const { client } = all;
    const { id } = await client.vectorStores.create({});
    const file_ids = [await upload(all, 'a.md'), await upload(all, 'b.exe')];
    const batch = await client.vectorStores.fileBatches.create(id, { file_ids });
    expect(batch).toMatchObject({ object: 'vector_store.files_batch', status: 'in_progress', vector_store_id: id });
    all.at(2);
    const done = await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: id });
    expect(done).toMatchObject({ status: 'completed', file_counts: { completed: 1, failed: 1, total: 2 } });
    const listed = await client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: id, order: 'asc' });
    expect(listed.data.map((file) => file.id)).toEqual(file_ids);
  });
});

describe('file search', () => {
  test('given indexed files -> then the results and citations are theirs', async () => {
    const all = await emulated();
    const { store, file_ids } = await withStore(all);
    all.at(2);
    const id = await all.create(searching(store.id));
    all.at(12);
    const response = await all.client.responses.retrieve(id, { include: ['file_search_call.results'] });
    expect(response.output[0]).toMatchObject({
      results: [
        { file_id: file_ids[0], filename: 'otters.md', text: 'About otters.md.' },
        { file_id: file_ids[1], filename: 'rivers.txt' },
      ],
    });
    const last = response.output.at(-1);
    const part = last?.type === 'message' ? last.content[0] : undefined;
    expect(part).toMatchObject({
      annotations: [
        { type: 'file_citation', file_id: file_ids[0], filename: 'otters.md' },
        { type: 'file_citation', file_id: file_ids[1], filename: 'rivers.txt' },
      ],
    });
  });

  test('given files that are not indexed yet -> then nothing is found', async () => {
    const all = await emulated();
    const { store } = await withStore(all);
    const id = await all.create(searching(store.id));
    all.at(12);
    const response = await all.client.responses.retrieve(id, { include: ['file_search_call.results'] });
    expect(response.output[0]).toMatchObject({ results: [] });
  });

  test.each(['vs_none', 'deleted'])('given the vector store %s -> then 404 and no run', async (which) => {
    const all = await emulated();
    const { id: deleted } = await all.client.vectorStores.create({});
    await all.client.vectorStores.delete(deleted);
    const id = which === 'deleted' ? deleted : which;
    const error = await thrown(all.create(searching(id)));
    expect([error.status, error.message]).toEqual([404, `404 Vector store with id '${id}' not found.`]);
    expect(all.emulator.ledger().creates).toEqual([]);
  });
});

test('given a restart -> then vector stores, their files and what was found are the same', async () => {
  const folder = await temporaryFolder();
  try {
    const options = { stateFile: join(folder.path, 'state.jsonl') };
    const first = await emulated(options);
    const { store } = await withStore(first, { expires_after: { anchor: 'last_active_at', days: 3 } });
    const batch = await first.client.vectorStores.fileBatches.create(store.id, {
      file_ids: [await upload(first, 'late.exe')],
    });
    first.at(5);
    await first.client.vectorStores.update(store.id, { name: 'renamed', metadata: { a: 'b' } });
    const id = await first.create(searching(store.id));
    const seenBy = async ({ client, emulator, at }: Emulated) => {
      at(20);
      const files = (await client.vectorStores.files.list(store.id)).data;
      const { status } = await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store.id });
      const { output } = await client.responses.retrieve(id);
      const { vectorStores } = emulator.ledger();
      return { store: await client.vectorStores.retrieve(store.id), files, status, output, vectorStores };
    };
    const seen = await seenBy(first);
    await first.emulator.close();
    expect(await seenBy(await emulated(options))).toEqual(seen);
    expect(seen.store).toMatchObject({ name: 'renamed', file_counts: { completed: 2, failed: 1 } });
  } finally {
    await folder.remove();
  }
});
