/** Failures with encryption: their words are for those who have the keys, on the server and in clients. */
import { ApplicationFailure } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../src/activities';
import { DEFAULT_TASK_QUEUE } from '../src/names';
import { encryptedDataConverter } from '../src/security/data-converter';
import { createWorker } from '../src/worker';
import { saidBy, storedOn } from '../chaos/checks/stored';
import { connectTo } from './helpers/clients';
import { createsOf, devServerWorld, uniqueId, WORKFLOW_BUNDLE, type World } from './helpers/world';

/** With the longest id: it stands beside each payload, and the server bounds some of them. */
const K1 = { id: `k1-${'x'.repeat(61)}`, key: randomBytes(32) };
const CANARY = 'canaryerror7f3e';

let world: World;
let stranger: Client;
beforeAll(async () => {
  world = await devServerWorld({ encryption: { keys: [K1] } });
  stranger = new Client({ connection: world.env.connection });
});
afterAll(() => world.close());

/** All that a client without keys shows of an error. */
const shownOf = async (call: Promise<unknown>): Promise<string> =>
  saidBy(await call.catch((reason: unknown) => reason));

describe('failures', () => {
  test('given an activity that fails with words -> then the workflow knows them, and the server does not', async () => {
    const fail = () => Promise.reject(ApplicationFailure.nonRetryable(`upstream said ${CANARY}`, 'Odd'));
    const id = await world.withWorker(
      async () => {
        const handle = await world.ask('text', { onAmbiguousCreate: 'fail' });
        const { error } = (await handle.result()) as { error: { message: string } };
        expect(error.message).toContain(CANARY);
        return handle.workflowId;
      },
      { startResponse: fail },
    );
    const { events } = await world.client.workflow.getHandle(id).fetchHistory();
    const failed = events?.find((event) => event.activityTaskFailedEventAttributes);
    expect(failed?.activityTaskFailedEventAttributes?.failure?.message).toBe('Encoded failure');
    expect(await storedOn(stranger)).not.toMatch(/canaryerror|upstream said/);
  });

  test('given a workflow that fails -> then its reason is told with the keys, and nothing is without', async () => {
    const id = uniqueId('bad');
    const options = { taskQueue: DEFAULT_TASK_QUEUE, workflowId: id, args: [{}] };
    const handle = await world.client.workflow.start('responseTask', options);
    const told = await world.withWorker(() => shownOf(handle.result()));
    expect(told).toContain('Expected { request } or { attach: { responseId } }. Nothing was started.');
    expect(told).toMatch(/task\.[jt]s:/);
    const shown = await shownOf(stranger.workflow.getHandle(id).result());
    expect(shown).not.toMatch(/Nothing was started|Expected \{|task\.[jt]s:/);
    expect(await storedOn(stranger)).not.toMatch(/Nothing was started|task\.[jt]s:/);
  });

  test('given a client with another key -> then it says which one is missing', async () => {
    const converter = encryptedDataConverter({ keys: [{ id: 'k2', key: randomBytes(32) }] }, 'default');
    const other = new Client({ connection: world.env.connection, dataConverter: converter });
    const handle = await world.withWorker(async () => {
      const task = await world.ask('text', {}, { emulator_run_seconds: '0', emulator_queued_seconds: '0' });
      await task.result();
      return task;
    });
    await expect(other.workflow.getHandle(handle.workflowId).result()).rejects.toThrow(`key "${K1.id}" is missing`);
  });

  test('given an update that is refused -> then the reason comes to the caller', async () => {
    const client = await connectTo(world, { encryption: { keys: [K1] } });
    await world.withWorker(async () => {
      const { workflowId } = await world.ask('slow');
      const refused = { [CANARY]: 1 };
      const update = client.temporal.workflow.getHandle(workflowId).executeUpdate('changeTask', { args: [refused] });
      expect(await shownOf(update)).toContain(`${CANARY}: cannot be changed`);
      await client.cancel(workflowId);
      await client.result(workflowId);
    });
    await client.close();
  });
});

describe('bounds of the server', () => {
  test.each(['x', '"', 'é', '🙂'])(
    'given all texts of a page as long as can be, of %s -> then it takes them',
    async (char) => {
      const folder = await mkdtemp(join(tmpdir(), 'durable-responses-bounds-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      // A file system takes 255 bytes.
      const path = join(folder, char.repeat(Math.floor(250 / Buffer.byteLength(char))));
      await writeFile(path, 'a,b');
      const labels = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`k${i}`, char.repeat(512 / char.length)]),
      );
      const metadata = { emulator_run_seconds: '0', emulator_queued_seconds: '0' };
      const tools = [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }];
      const request = {
        model: char.repeat(Math.floor(200 / Buffer.byteLength(char))),
        input: char.repeat(1_000),
        tools,
        metadata,
      };
      const client = await connectTo(world, { encryption: { keys: [K1] } });
      await world.withWorker(async () => {
        const { id } = await client.startTask(
          { request, options: { labels, files: [{ path }] } },
          { id: uniqueId('long') },
        );
        expect(['completed', 'rejected']).toContain((await client.result(id)).status);
        const failed = (await world.client.workflow.getHandle(id).fetchHistory()).events?.filter(
          (event) => event.workflowTaskFailedEventAttributes,
        );
        expect(failed).toEqual([]);
      });
      await client.close();
    },
  );
});

describe('workers', () => {
  test('given a worker without the key -> then nothing is created, and the task ends once another one has it', async () => {
    const others = { id: 'k2', key: randomBytes(32) };
    const { nativeConnection: connection } = world.env;
    const base = { connection, openai: { apiKey: 'sk-test', baseURL: world.emulator.url }, store: world.blobs };
    const settings = { workflowBundle: WORKFLOW_BUNDLE, shutdownGraceTime: '1s' };
    const without = await createWorker({ ...base, encryption: { keys: [others] }, worker: settings });
    const creates = () => world.emulator.ledger().creates.length;
    const before = creates();
    const handle = await world.ask('text', {}, { emulator_run_seconds: '0', emulator_queued_seconds: '0' });
    await without.runUntil(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    expect(creates()).toBe(before);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const result = (await world.withWorker(() => handle.result())) as { status: string; creates: number };
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    expect(creates()).toBe(before + 1);
  });

  test('given a key service that is away for a moment when a create is to be sent -> then it is sent, once', async () => {
    const { nativeConnection: connection } = world.env;
    let calls = 0;
    const keys = () => (++calls === 1 ? Promise.reject(new Error('503 of the key service')) : [K1]);
    // Of two programs: what one has encrypted, the other has never seen the key of.
    const own = { connection, taskQueue: DEFAULT_TASK_QUEUE, shutdownGraceTime: '1s' };
    const workflows = await Worker.create({
      ...own,
      workflowBundle: WORKFLOW_BUNDLE,
      dataConverter: encryptedDataConverter({ keys: [K1] }, 'default'),
    });
    const openai = { apiKey: 'sk-test', baseURL: world.emulator.url };
    const activities = await Worker.create({
      ...own,
      activities: createActivities({ openai, store: world.store }),
      dataConverter: encryptedDataConverter({ keys }, 'default'),
    });
    const handle = await world.ask('text', {}, { emulator_run_seconds: '0', emulator_queued_seconds: '0' });
    const ended = (): Promise<unknown> => handle.result();
    const result = await workflows.runUntil(() => activities.runUntil(ended));
    expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
    expect([calls > 1, createsOf(world.emulator, handle.workflowId).length]).toEqual([true, 1]);
    expect(JSON.stringify(result)).not.toContain('key service');
  });

  test('given no word about encryption -> then no worker is made', async () => {
    const options = { connection: world.env.nativeConnection, openai: { apiKey: 'sk-test' } };
    await expect(createWorker(options as Parameters<typeof createWorker>[0])).rejects.toThrow(/^encryption: not given/);
  });

  test('given a history that was encrypted, and its keys -> then it replays', async () => {
    const handle = await world.withWorker(async () => {
      const task = await world.ask('failed', { pollIntervalsSeconds: [0.2], inlineWaitSeconds: 0 });
      await task.result();
      return task;
    });
    const dataConverter = encryptedDataConverter({ keys: [K1] }, 'default');
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: WORKFLOW_BUNDLE, dataConverter }, history);
  });
});
