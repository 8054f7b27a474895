/** Files of a task on their way up: those that cannot be read, refusals that pass, and replies that are lost. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { TaskOptions, TaskResult } from '../src/contracts';
import { temporaryFolder } from './helpers/embedded';
import { keepingWorker } from './helpers/kept-worker';
import { runsOf, until } from './helpers/watched';
import { createsOf, skippingWorld, type World } from './helpers/world';

const DAY_MS = 86_400_000;

let world: World;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeAll(async () => {
  world = keepingWorker(await skippingWorld());
  folder = await temporaryFolder();
  file = join(folder.path, 'data.csv');
  await writeFile(file, 'a,b\n1,2\n');
});
afterEach(() => world.emulator.setFaults([]));
afterAll(async () => {
  await world.close();
  await folder.remove();
});

const uploads = () => world.emulator.ledger().calls.filter(({ op }) => op === 'file_create');

const begin = (options: TaskOptions) =>
  world.ask('text', { inlineWaitSeconds: 0, ...options }, { emulator_queued_seconds: '0', emulator_run_seconds: '1' });

/** Runs a task with `file`. Gives its end, and the seconds between its uploads. */
async function uploaded(faults: FaultRule['do'][], options: TaskOptions = {}) {
  world.emulator.setFaults(faults.map((fault) => ({ op: 'file_create', times: 1, do: fault })));
  const before = uploads().length;
  const handle = await begin({ files: [{ path: file }], ...options });
  const result = (await handle.result()) as TaskResult;
  const sentMs = uploads()
    .slice(before)
    .map(({ at }) => at);
  const gaps = sentMs.slice(1).map((at, i) => Math.floor((at - (sentMs[i] ?? 0)) / 1000));
  return { handle, result, gaps, tries: sentMs.length, creates: createsOf(world.emulator, handle.workflowId).length };
}

const busy = (headers: Record<string, string> = {}): FaultRule['do'] => ({ kind: 'status', status: 429, headers });
const times = (count: number, fault: FaultRule['do']) => Array.from({ length: count }, () => fault);

describe('given a file that the worker cannot read', () => {
  test.each([
    ['one that is not there', () => join(folder.path, 'not-there.csv'), 'ENOENT'],
    ['a folder', () => folder.path, 'EISDIR'],
    ['one below a file', () => join(file, 'data.csv'), 'ENOTDIR'],
    [
      'a pipe that nobody writes to',
      () => {
        const pipe = join(folder.path, 'pipe');
        execFileSync('mkfifo', [pipe]);
        return pipe;
      },
      'not a regular file',
    ],
  ])('%s -> then the task is rejected at once, nothing is sent, and the worker goes on', async (_what, path, code) => {
    const sent = uploads().length;
    const files = [{ path: path() }];
    await world.withWorker(async () => {
      const result = (await (await begin({ files })).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'rejected', creates: 0, notCleaned: [] });
      expect(result.error?.code).toBe('FileUnreadable');
      expect(result.error?.message).toContain(`the file ${files[0]!.path} (${code})`);
      expect(uploads()).toHaveLength(sent);
      expect((await uploaded([])).result).toMatchObject({ status: 'completed' });
    });
  });
});

describe('given a server that refuses an upload and may take it later', () => {
  test('and takes the ninth -> then waits of 1, 2, 4 ... s that end at 60, and one file', async () => {
    await world.withWorker(async () => {
      const { result, gaps } = await uploaded(times(8, busy()));
      expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
      expect(result).toMatchObject({ status: 'completed', creates: 1, notCleaned: [] });
      expect(world.emulator.liveFiles()).toEqual([]);
    });
  });

  test('and names a time -> then not sooner than that, nor than the waits without it', async () => {
    await world.withWorker(async () => {
      const { result, gaps } = await uploaded([
        busy({ 'retry-after': '40' }),
        busy({ 'retry-after': '0' }),
        { kind: 'status', status: 503, headers: { 'retry-after': '50' } },
      ]);
      expect(gaps).toEqual([40, 2, 50]);
      expect(result).toMatchObject({ status: 'completed', notCleaned: [] });
    });
  });

  test('until the deadline -> then the task ends at that moment as timed out, and says why', async () => {
    await world.withWorker(async () => {
      const { result, gaps, creates } = await uploaded(times(20, busy()), { maxWaitSeconds: 100 });
      expect(gaps).toEqual([1, 2, 4, 8, 16, 32]);
      expect(result).toMatchObject({ status: 'timed_out', error: { code: 'max_wait_seconds' }, notCleaned: [] });
      expect(result.error?.message).toMatch(/^The files were not uploaded in time\. Last: 429/);
      expect(creates).toBe(0);
    });
  });

  test('and takes it after more tries than a run has room for -> then two bounded runs, the same waits, one file', async () => {
    await world.withWorker(async () => {
      const { handle, result, gaps } = await uploaded(times(110, busy()), { maxWaitSeconds: 50_000 });
      expect(result).toMatchObject({ status: 'completed', creates: 1, notCleaned: [] });
      const runs = await runsOf(world, handle);
      expect(runs).toHaveLength(2);
      expect(Math.max(...runs)).toBeLessThan(1_300);
      expect(gaps.slice(6, 99)).toEqual(Array.from({ length: 93 }, () => 60));
      expect(gaps).toHaveLength(110);
    });
  });

  test('and a cancel while the next try waits -> then the task ends at once', async () => {
    world.emulator.setFaults([{ op: 'file_create', do: busy({ 'retry-after': '60' }) }]);
    await world.withWorker(async () => {
      const before = uploads().length;
      const handle = await begin({ files: [{ path: file }] });
      await until(() => uploads().length > before);
      await until(async () => (await handle.query<{ lastError: string | null }>('taskStatus')).lastError !== null);
      await handle.signal('cancelTask');
      const result = (await handle.result()) as TaskResult;
      expect(result).toMatchObject({ status: 'cancelled', creates: 0, notCleaned: [] });
      const endedMs = Date.parse(result.timings.detected ?? '');
      expect(endedMs - (uploads().at(-1)?.at ?? 0)).toBeLessThan(30_000);
      expect(uploads()).toHaveLength(before + 1);
    });
  });

  test.each([400, 401, 403, 404])('%i, which no time mends -> then rejected after one try', async (status) => {
    await world.withWorker(async () => {
      const { result, tries } = await uploaded(times(3, { kind: 'status', status }));
      expect(result).toMatchObject({ status: 'rejected', creates: 0 });
      expect(tries).toBe(1);
    });
  });
});

describe('given an upload whose reply is lost', () => {
  const lost: FaultRule['do'] = { kind: 'drop', accept: true };
  const named = /^perhaps a copy of data\.csv: .* upstream deletes it by (\S+)$/;

  test('and another that is answered -> then the task completes, and its result names the copy and when it goes', async () => {
    await world.withWorker(async () => {
      const startedMs = await world.env.currentTimeMs();
      const { result } = await uploaded([lost]);
      expect(result).toMatchObject({ status: 'completed', notCleaned: [expect.stringMatching(named)] });
      const goneMs = Date.parse(named.exec(result.notCleaned[0] ?? '')?.[1] ?? '');
      expect(goneMs - startedMs).toBeGreaterThan(DAY_MS);
      expect(goneMs - startedMs).toBeLessThan(DAY_MS + 3_700_000);
      expect(world.emulator.liveFiles()).toHaveLength(1);
    });
  });

  test('several times, with a gateway in trouble, and a refusal for good -> then the copies are counted', async () => {
    await world.withWorker(async () => {
      const { result } = await uploaded([
        lost,
        { kind: 'status', status: 502, body: 'html' },
        busy(),
        { kind: 'status', status: 401 },
      ]);
      expect(result).toMatchObject({ status: 'rejected', notCleaned: [expect.stringMatching(/^perhaps 2 copies of/)] });
    });
  });
});
