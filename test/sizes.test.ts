/** Texts of every size, through every way into and out of a workflow; and what happens when the store loses one. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peakMegabytesOf } from '../bench/scale/usage';
import type { DurableResponses } from '../src/client';
import { TaskEndedError, type TaskInput } from '../src/client';
import { DEFAULT_TASK_QUEUE } from '../src/names';
import { encryptedDataConverter } from '../src/security/data-converter';
import { externalStorage } from '../src/store/payloads';
import { folderStore, BlobMissingError, s3Store, type BlobStore } from '../src/store';
import { connectTo } from './helpers/clients';
import { eventually, temporaryFolder } from './helpers/embedded';
import type { Sized, sized } from './helpers/sized-workflows';
import { startS3Server } from './helpers/s3-server';
import { startWorkerProcess } from './helpers/worker-process';
import { createsOf, devServerWorld, uniqueId, type World } from './helpers/world';

const KEY = randomBytes(32);
const MIB = 1024 * 1024;
/** For a worker that is a process of its own. */
const SETTINGS = {
  DURABLE_RESPONSES_ENCRYPTION: 'on',
  DURABLE_RESPONSES_ENCRYPTION_KEYS: `k1:${KEY.toString('base64')}`,
};
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const PLACE = { LocationConstraint: 'eu-central-1' } as const;

const digestOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
/** As JSON exactly so many bytes: two are the quotes. */
const textOf = (sizeBytes: number): string =>
  randomBytes(Math.ceil(sizeBytes * 0.75))
    .toString('base64')
    .slice(0, sizeBytes - 2);

let world: World;
let client: DurableResponses;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** Reads that fail before they do anything, by key. */
let trouble: (key: string) => void = () => undefined;

function troubled(inner: BlobStore): BlobStore {
  const get: BlobStore['get'] = async (key, range) => {
    trouble(key);
    return inner.get(key, range);
  };
  return { ...inner, get };
}

const connect = (store: BlobStore): Promise<DurableResponses> =>
  connectTo(world, { encryption: { keys: [{ id: 'k1', key: KEY }] }, store });

beforeAll(async () => {
  folder = await temporaryFolder();
  world = await devServerWorld({
    encryption: { keys: [{ id: 'k1', key: KEY }] },
    workflowsPath: require.resolve('./helpers/sized-workflows.ts'),
    blobs: troubled(folderStore(folder.path)),
  });
  client = await connect(world.blobs);
});

afterAll(async () => {
  await client.close();
  await world.close();
  await folder.remove();
});

const digest = (content: Sized) => Promise.resolve(digestOf(content));
const withWorker = <T>(body: () => Promise<T>) => world.withWorker(body, { digest } as object);

const startSized = (content: Sized, more: object = {}) =>
  world.client.workflow.start<typeof sized>('sized', {
    taskQueue: DEFAULT_TASK_QUEUE,
    workflowId: uniqueId('sized'),
    args: [content],
    ...more,
  });

/** What a run cost: its workflow tasks that failed, and the bytes of its history. */
async function costOf(handle: WorkflowHandle) {
  const { events } = await handle.fetchHistory();
  const isFailed = (event: NonNullable<typeof events>[number]) =>
    event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes;
  const failed = (events ?? []).filter(isFailed).length;
  const { raw } = await handle.describe();
  return { failed, historyBytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0) };
}

describe('any workflow', () => {
  const sizes = [256 * 1024 - 1, 256 * 1024, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5_000_000];
  test('given texts from 256 KiB to 5 MB -> then argument, activity, signal, query and result are whole', async () => {
    const contents: [Sized, Sized][] = sizes.map((sizeBytes) => [textOf(sizeBytes), textOf(sizeBytes)]);
    await withWorker(async () => {
      for (const [argument, signal] of contents) {
        const handle = await startSized(argument);
        await handle.signal('take', signal);
        const result = await handle.result();
        const made = await handle.query<string, []>('digest');
        const cost = await costOf(handle);
        expect([made, digestOf(result)], `${argument.length}`).toEqual([digestOf(argument), digestOf(signal)]);
        expect(cost.failed, `${argument.length}`).toBe(0);
        // Of the smallest a history still has all four.
        expect(cost.historyBytes).toBeLessThan(argument.length < 256 * 1024 - 2 ? 1_500_000 : 10_000);
      }
    });
  }, 120_000);

  test('given 60 MB -> then the client is told before anything is sent; past the client, the run ends with a reason', async () => {
    const large = randomBytes(60_000_000);
    // The client of the SDK wraps some of what is thrown while it sends.
    const whyNot = (call: Promise<unknown>) =>
      call.then(
        () => 'sent',
        (error: Error) => (error.name === 'PayloadNotStoredError' ? error.message : (error.cause as Error).message),
      );
    expect(await whyNot(startSized(large))).toContain('A payload of 60000139 bytes is more than 16777216.');
    const handle = await startSized('text');
    expect(await whyNot(handle.signal('take', large))).toContain('is more than 16777216.');
    // A client of somebody else's: the same store, without the bound.
    const base = { externalStorage: externalStorage(world.blobs, () => ({})) };
    const dataConverter = encryptedDataConverter({ keys: [{ id: 'k1', key: KEY }] }, 'default', base);
    const other = new Client({ connection: world.env.connection, dataConverter });
    await other.workflow.getHandle(handle.workflowId).signal('take', large);
    const options = { taskQueue: DEFAULT_TASK_QUEUE, workflowId: uniqueId('sized'), args: [large] };
    const past = await other.workflow.start('sized', options);
    await withWorker(async () => {
      const error: unknown = await past.result().catch((reason: unknown) => reason);
      expect((error as Error).cause).toMatchObject({ type: 'PayloadLost', nonRetryable: true });
      await handle.signal('take', 'another');
      expect(await handle.result()).toBe('another');
    });
    for (const one of [past, handle]) expect((await costOf(one)).failed).toBe(0);
  });

  test('given 5 MB in a memo, an update, a query, and heartbeat details -> then they are whole', async () => {
    const [memo, argument, update] = [textOf(5_000_000), textOf(5_000_000), textOf(5_000_000)];
    await withWorker(async () => {
      const handle = await startSized(argument, { memo: { memo } });
      expect(await handle.executeUpdate<string, [string]>('swap', { args: [update] })).toBe(argument);
      expect(await handle.query<string, []>('read')).toBe(update);
      expect((await handle.describe()).memo).toEqual({ memo });
      await handle.signal('take', 'end');
      await handle.result();
      expect((await costOf(handle)).failed).toBe(0);
    });
  });
});

const QUICK = { emulator_queued_seconds: '0', emulator_run_seconds: '0' };

const askLong = (input: string, metadata: Record<string, string> = QUICK): TaskInput => ({
  request: { model: 'o3', input, metadata },
});

/** The text of a response as upstream has it. */
async function upstreamText(responseId: string): Promise<string> {
  const reply = await fetch(`${world.emulator.url}/responses/${responseId}`, {
    headers: { authorization: 'Bearer sk-test' },
  });
  const { output } = (await reply.json()) as { output: { content?: { text?: string }[] }[] };
  return output
    .flatMap(({ content }) => content ?? [])
    .map(({ text }) => text ?? '')
    .join('');
}

describe('tasks', () => {
  test('given 60 MB in and 60 MB out, as a task and as an item -> then they are whole, and the worker stays small', async () => {
    const input = textOf(59_900_000);
    const metadata = { ...QUICK, emulator_output_bytes: '60000000' };
    const worker = await startWorkerProcess(world, SETTINGS);
    try {
      const { id } = await client.startTask(askLong(input, metadata), { id: uniqueId('large') });
      const result = await client.result(id);
      expect(result).toMatchObject({ status: 'completed', outputOmitted: false, creates: 1 });
      expect(Buffer.byteLength(result.outputText ?? '')).toBe(60_000_000);
      expect(digestOf(result.outputText ?? '')).toBe(digestOf(await upstreamText(result.responseId ?? '')));
      const cost = await costOf(world.client.workflow.getHandle(id));
      expect(cost.failed).toBe(0);
      expect(cost.historyBytes).toBeLessThan(10_000);
      const batch = await client.startBatch({
        items: [
          { id: 'large', task: askLong(input, metadata) },
          { id: 'small', task: askLong('Why?') },
        ],
      });
      const [large, small] = (await client.batchResult(batch.id)).records ?? [];
      expect([large?.status, small?.status]).toEqual(['completed', 'completed']);
      expect(Buffer.byteLength(large?.result ?? '')).toBe(60_000_000);
      expect(digestOf(large?.result ?? '')).toBe(digestOf(await upstreamText(large?.responseId ?? '')));
      // Measured 710 MB: request and answer, each as bytes, as text and encrypted.
      expect(peakMegabytesOf(worker.pid)).toBeLessThan(1200);
    } finally {
      await worker.stop();
    }
  }, 300_000);
});

test('given a bucket as the store of a worker and a client -> then both share it, and it holds no text', async () => {
  const s3 = await startS3Server();
  const options = { endpoint: s3.url, forcePathStyle: true, region: 'eu-central-1', credentials: CREDENTIALS };
  await new S3Client(options).send(new CreateBucketCommand({ Bucket: 'tasks', CreateBucketConfiguration: PLACE }));
  const blobs = s3Store({ bucket: 'tasks', prefix: 'a/b', client: options });
  const shared = await connect(blobs);
  const worker = await startWorkerProcess(world, {
    ...SETTINGS,
    ...s3.env,
    DURABLE_RESPONSES_STORE: 's3://tasks/a/b/',
  });
  try {
    const input = `canaryprompt ${textOf(300_000)}`;
    const [task, batch] = await Promise.all([
      shared.startTask(askLong(input), { id: uniqueId('shared') }),
      shared.startBatch({ items: [{ id: 'one', task: askLong(input) }] }, { id: uniqueId('shared-batch') }),
    ]);
    expect((await shared.result(task.id)).outputText).toContain('canaryprompt');
    expect((await shared.batchResult(batch.id)).records?.[0]?.result).toContain('canaryprompt');
    const found: string[] = [];
    for await (const { key } of blobs.entries('')) {
      found.push(key.split('/')[0] ?? '');
      expect((await blobs.get(key)).includes('canary'), key).toBe(false);
    }
    expect([...new Set(found)].sort()).toEqual(['batches', 'tasks']);
  } finally {
    await worker.stop();
    await shared.close();
    await s3.close();
  }
}, 240_000);

/** Files of the store whose path has `part`. */
async function filesOf(part: string): Promise<string[]> {
  const names = await readdir(folder.path, { recursive: true, withFileTypes: true });
  return names
    .filter((name) => name.isFile() && join(name.parentPath, name.name).includes(part))
    .map((name) => join(name.parentPath, name.name));
}

async function damage(path: string): Promise<void> {
  const content = await readFile(path);
  const at = content.length - 1000;
  content[at] = (content[at] ?? 0) ^ 1;
  await writeFile(path, content);
}

describe('a store that has lost something', () => {
  test('given requests that are gone or changed before a worker comes -> then typed ends, nothing sent, the others go on', async () => {
    const long = () => textOf(300_000);
    const [gone, changed] = await Promise.all(
      [1, 2].map(() => client.startTask(askLong(long()), { id: uniqueId('stored') })),
    );
    const [rawGone, rawChanged] = await Promise.all([1, 2].map(() => world.start(askLong(long()), uniqueId('raw'))));
    const sound = await client.startTask(askLong('Why?'), { id: uniqueId('sound') });
    const listening = await startSized('text');
    await listening.signal('take', long());
    for (const [id, act] of [
      [gone?.id, rm],
      [changed?.id, damage],
      [rawGone?.workflowId, rm],
      [rawChanged?.workflowId, damage],
      [listening.workflowId, rm],
    ] as const)
      for (const file of await filesOf(`/${id}`)) await act(file);
    await withWorker(async () => {
      for (const started of [gone, changed]) {
        const result = await client.result(started?.id ?? '');
        expect(result).toMatchObject({ status: 'rejected', creates: 0, error: { code: 'input_unreadable' } });
        expect(result.error?.message).toMatch(/(There is no|is damaged).*Nothing was sent/);
      }
      for (const handle of [rawGone, rawChanged]) {
        const error: unknown = await client.result(handle?.workflowId ?? '').catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TaskEndedError);
        expect((error as Error).message).toMatch(/A payload is lost: .*(There is no|was changed)/);
      }
      expect(await client.result(sound.id)).toMatchObject({ status: 'completed' });
      // The signal is left out, and the run goes on.
      await listening.signal('take', 'another');
      expect(await listening.result()).toBe('another');
    });
    const ids = [gone?.id, changed?.id, rawGone?.workflowId, rawChanged?.workflowId, listening.workflowId];
    for (const id of ids) {
      expect(createsOf(world.emulator, id ?? ''), id).toHaveLength(0);
      expect((await costOf(world.client.workflow.getHandle(id ?? ''))).failed, id).toBe(0);
    }
  });

  test('given an argument of an activity that is lost -> then its call fails once, and the workflow with a reason', async () => {
    // What the activity is called with is not what the workflow was started with: it is stored anew.
    let argument: string | undefined;
    trouble = (key) => {
      if (!key.startsWith('payloads/')) return;
      argument ??= key;
      if (key !== argument) throw new BlobMissingError(key, 'the test');
    };
    const handle = await startSized(textOf(300_000));
    const error: unknown = await withWorker(() => handle.result().catch((reason: unknown) => reason));
    trouble = () => undefined;
    expect((error as Error & { cause: Error & { cause: Error } }).cause.cause).toMatchObject({
      type: 'PayloadLost',
      nonRetryable: true,
    });
  });

  test('given a store that is away for a while -> then the task waits for it, and is created once', async () => {
    const { id } = await client.startTask(askLong(textOf(300_000)), { id: uniqueId('away') });
    const raw = await startSized(textOf(300_000));
    await raw.signal('take', 'end');
    let failures = 0;
    trouble = () => {
      if (++failures <= 4) throw new Error('EIO: the disk is away');
    };
    await withWorker(async () => {
      expect(await client.result(id)).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
      expect(await raw.result()).toBe('end');
    });
    trouble = () => undefined;
    expect(failures).toBeGreaterThan(4);
    expect(createsOf(world.emulator, id)).toHaveLength(1);
  });

  test('given an answer that is gone or changed -> then it is fetched from upstream; a lost result is a typed error', async () => {
    const metadata = { ...QUICK, emulator_output_bytes: '300000' };
    await withWorker(async () => {
      for (const act of [rm, damage]) {
        const { id } = await client.startTask(askLong('Why?', metadata), { id: uniqueId('answer') });
        const { outputText } = await client.result(id);
        const files = await filesOf(`/${id}~answers/`);
        expect(files).toHaveLength(1);
        expect((await readFile(files[0] ?? '')).includes(outputText?.slice(0, 40) ?? '?')).toBe(false);
        await act(files[0] ?? '');
        expect((await client.result(id)).outputText).toBe(outputText);
      }
      const handle = await startSized('text');
      await handle.signal('take', textOf(300_000));
      await eventually('it has ended', async () => (await handle.describe()).status.name === 'COMPLETED');
      for (const file of await filesOf(`/${handle.workflowId}/`)) await damage(file);
      await expect(handle.result()).rejects.toMatchObject({ name: 'PayloadLostError' });
    });
  });

  test('given a folder that cannot be written to -> then a large answer stays upstream, and the task ends', async () => {
    const put = world.blobs.put.bind(world.blobs);
    world.blobs.put = () => Promise.reject(new Error('ENOSPC: no space left'));
    const metadata = { ...QUICK, emulator_output_bytes: '300000' };
    const { id } = await client.startTask(askLong('Why?', metadata), { id: uniqueId('full') });
    const raw = await withWorker(
      async () =>
        (await world.client.workflow.getHandle(id).result()) as { outputOmitted: boolean; answerKey: string | null },
    );
    world.blobs.put = put;
    expect(raw).toMatchObject({ status: 'completed', outputOmitted: true, answerKey: null, creates: 1 });
    expect(Buffer.byteLength((await client.result(id)).outputText ?? '')).toBe(300_000);
  });
});
