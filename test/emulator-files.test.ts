import { describe, expect, test } from 'vitest';
import { emulated, type Emulated, START_MS, thrown } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

describe('files and containers', () => {
  const upload = ({ client }: Emulated, seconds = 3600) =>
    client.files.create({
      file: new File(['a,b\n1,2\n'], 'table.csv'),
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds },
    });

  test('given an upload -> then it can be listed, read and deleted once', async () => {
    const all = await emulated();
    const { client, emulator } = all;
    const file = await upload(all);
    expect(file).toMatchObject({ object: 'file', bytes: 8, filename: 'table.csv', purpose: 'user_data' });
    expect(file.expires_at).toBe(START_MS / 1000 + 3600);
    expect((await client.files.list()).data.map(({ id }) => id)).toEqual([file.id]);
    expect(await (await client.files.content(file.id)).text()).toBe('a,b\n1,2\n');
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    expect(emulator.liveFiles()).toEqual([]);
    expect((await thrown(client.files.delete(file.id))).status).toBe(404);
  });

  test('given a file after its time -> then it is gone from everywhere', async () => {
    const all = await emulated();
    const { id } = await upload(all);
    all.at(3600);
    expect((await all.client.files.list()).data).toEqual([]);
    expect((await thrown(all.client.files.retrieve(id))).status).toBe(404);
    const tools = [{ type: 'code_interpreter', container: { type: 'auto', file_ids: [id] } }];
    expect((await thrown(all.create({ tools }))).status).toBe(404);
  });

  test('given an upload without a file -> then 400', async () => {
    const { raw } = await emulated();
    expect((await raw('POST', '/files', { purpose: 'user_data' })).status).toBe(400);
  });

  async function withContainer(seconds = '9'): Promise<[Emulated, string, string]> {
    const all = await emulated();
    const { id: fileId } = await upload(all, 100_000);
    const tools = [{ type: 'code_interpreter', container: { type: 'auto', file_ids: [fileId] } }];
    await all.create({ tools, metadata: { ...TIMES, emulator_run_seconds: seconds } });
    return [all, all.emulator.liveContainers()[0] ?? '', fileId];
  }

  test('given a run of the code interpreter -> then its file is in its container', async () => {
    const [{ client, at }, id, fileId] = await withContainer();
    at(10);
    const { data } = await client.containers.files.list(id);
    expect(data).toMatchObject([{ object: 'container.file', container_id: id, source: 'assistant' }]);
    const content = await client.containers.files.content.retrieve(data[0]?.id ?? '', { container_id: id });
    expect(await content.text()).toContain(fileId);
  });

  test('given a container not used for 20 minutes -> then it has expired; each use begins them anew', async () => {
    const [{ client, at }, id] = await withContainer();
    at(10 + 1199);
    await client.containers.files.list(id);
    at(10 + 1199 + 1200);
    await client.containers.retrieve(id);
    at(10 + 1199 + 1200 + 1201);
    expect((await thrown(client.containers.retrieve(id))).status).toBe(404);
  });

  test('given a run of an hour -> then its container is there at the end', async () => {
    const [{ client, at }, id] = await withContainer('3600');
    await client.containers.retrieve(id);
    at(3601 + 1199);
    expect((await client.containers.files.list(id)).data).toHaveLength(1);
  });

  test('given a named container and two runs -> then it has the files of both', async () => {
    const { client, create, at } = await emulated();
    const { id } = await client.containers.create({ name: 'mine' });
    const tools = [{ type: 'code_interpreter', container: id }];
    await create({ tools });
    await create({ tools });
    at(10);
    expect((await client.containers.files.list(id)).data).toHaveLength(2);
  });

  test('given a container that does not exist -> then 404', async () => {
    const { create } = await emulated();
    const tools = [{ type: 'code_interpreter', container: 'cntr_none' }];
    expect((await thrown(create({ tools }))).status).toBe(404);
  });

  test('given a delete -> then the container is gone', async () => {
    const [{ client, emulator }, id] = await withContainer();
    await client.containers.delete(id);
    expect(emulator.liveContainers()).toEqual([]);
    expect((await thrown(client.containers.delete(id))).status).toBe(404);
  });
});
