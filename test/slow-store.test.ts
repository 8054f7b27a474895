/** A store that takes longer than a heartbeat timeout for a request. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../src/activities';
import type { TaskResult } from '../src/contracts';
import { batchKeys, type BlobStore } from '../src/store';
import { until } from './helpers/watched';
import { createsOf, devServerWorld, uniqueId, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

test('given a request that is read slowly -> then heartbeats that claim nothing keep the create alive, and it is sent once', async () => {
  const id = uniqueId('slow');
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };
  const item = JSON.stringify({ index: 0, task: { request: { model: 'o3', input: 'Read slowly.', metadata } } });
  await world.store.put(batchKeys.page(id, 0), item);
  let claimed: string | undefined;
  const isBeating = async (): Promise<boolean> => {
    const { raw } = await world.client.workflow.getHandle(id).describe();
    const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    if (payload) claimed = Buffer.from(payload.data ?? []).toString();
    return payload !== undefined;
  };
  const get: BlobStore['get'] = async (key, range) => {
    await until(isBeating);
    return world.store.get(key, range);
  };
  const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
  const slow = createActivities({ openai, store: { ...world.store, get } });
  const at = { offset: 0, length: Buffer.byteLength(item) };
  const stored = { folder: id, file: 0, index: 0, at, model: 'o3', include: [] };
  await world.withWorker(
    async () => {
      const result = (await (await world.start({ stored }, id)).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    },
    { startResponse: (input) => slow.startResponse(input) },
  );
  expect(claimed).toBe('');
  expect(createsOf(world.emulator, id)).toHaveLength(1);
});
