/** Inputs that are made to hurt: refused by the client and by the worker, soon, and before anything is sent. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { createActivities } from '../src/activities';
import { requestCancel } from '../src/client/cancel';
import { startTask } from '../src/client/start-task';
import { parseBatchLines, UsageError } from '../src/client';
import type { ResponseRequest, StartInput } from '../src/contracts';
import { checkTask } from '../src/door';
import { folderStore } from '../src/store';
import { planOf } from './helpers/plans';

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

const request = (more: object): ResponseRequest => ({ model: 'o3', input: 'Why?', ...more });
const MIB = 1024 * 1024;
const tool = (i: number) => ({ type: 'function', name: `f${i}`, parameters: { type: 'object', properties: {} } });

/** Seconds and MB that a call took. */
function measured<T>(call: () => T): { value: T; seconds: number; megabytes: number } {
  const [startMs, before] = [performance.now(), process.memoryUsage().rss];
  const value = call();
  const megabytes = Math.round((process.memoryUsage().rss - before) / 1e6);
  return { value, seconds: (performance.now() - startMs) / 1000, megabytes };
}

describe('at the client', () => {
  test.each<[string, () => unknown, RegExp | null]>([
    ['a prompt of 10 MB', () => ({ request: request({ input: 'x'.repeat(10_000_000) }) }), null],
    ['a prompt of 60 MB', () => ({ request: request({ input: 'x'.repeat(60_000_000) }) }), null],
    ['a prompt of 64 MiB', () => ({ request: request({ input: 'x'.repeat(64 * MIB) }) }), /more than 67,108,864/],
    ['JSON 100,000 deep', () => ({ request: request({ input: nested(100_000) }) }), /deeper than 100 levels/],
    ['JSON 100,000 deep, in options', () => ({ request: request({}), options: { labels: nested(100_000) } }), /labels/],
    [
      '100,000 tools',
      () => ({ request: request({ tools: Array.from({ length: 100_000 }, (_, i) => tool(i)) }) }),
      null,
    ],
    [
      'a label of 10 MB',
      () => ({ request: request({}), options: { labels: { a: 'x'.repeat(10_000_000) } } }),
      /too long/,
    ],
  ])('given %s -> then it is said within seconds, in a few words', (_what, task, expected) => {
    const input = task();
    const { value: problems, seconds, megabytes } = measured(() => checkTask(input));
    if (expected === null) expect(problems).toEqual([]);
    else expect(problems[0]).toMatch(expected);
    expect(problems.join('\n').length).toBeLessThan(1000);
    expect(seconds).toBeLessThan(10);
    expect(megabytes).toBeLessThan(500);
  });

  test('given a line of a batch 100,000 deep -> then that line is refused, and the others are not', () => {
    const deep = `{"input": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const { items, problems } = parseBatchLines(`"a"\n${deep}\n"b"`, { model: 'o3' });
    expect(items.map(({ problem }) => problem?.line)).toEqual([undefined, 2, undefined]);
    expect(problems).toHaveLength(1);
  });

  test('given a limit of one’s own, or a long reason -> then UsageError, and no server is asked', async () => {
    const context = { client: {} as never, taskQueue: 't', searchAttributes: false, store: folderStore('/nowhere') };
    const task = { request: request({ input: 'x'.repeat(2000) }) };
    const started = startTask({ ...context, maxRequestBytes: 2000 }, 'id', task, 'r');
    await expect(started).rejects.toThrow(
      /2,0\d\d bytes of JSON are more than 2,000 \(DURABLE_RESPONSES_MAX_REQUEST_BYTES\)/,
    );
    await expect(requestCancel({} as never, 'id', 'x'.repeat(1001))).rejects.toThrow(UsageError);
  });
});

describe('at the worker', () => {
  const activities = createActivities({
    openai: { apiKey: 'sk-test', baseURL: 'http://127.0.0.1:9/v1' },
    store: folderStore('/nowhere'),
    maxRequestBytes: 1_000_000,
  });
  const stored = { folder: 'f', file: 0, index: 0, model: 'o3', include: [] };
  test.each<[string, StartInput['source'], string]>([
    ['1 MB', { request: request({ input: 'x'.repeat(1_000_000) }) }, 'request_too_large'],
    ['2 MB in the store', { stored: { ...stored, at: { offset: 0, length: 2_000_000 } } }, 'request_too_large'],
    ['JSON 100,000 deep', { request: request({ input: nested(100_000) }) }, 'request_too_deep'],
    ['JSON 101 deep', { request: request({ input: nested(101) }) }, 'request_too_deep'],
    ['what is not in the store', { stored: { ...stored, at: { offset: 0, length: 10 } } }, 'input_unreadable'],
  ])('given %s, past the client -> then it is refused for good, and nothing is sent', async (_what, source, code) => {
    const share = { priorityKey: 3, fairnessKey: '' };
    const input = { taskId: 't', attempt: 1, source, fileIds: [], plan: planOf(), share };
    const failure: unknown = await new MockActivityEnvironment()
      .run((given: StartInput) => activities.startResponse(given), input)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'Upstream.Rejected', nonRetryable: true });
    const { message, details } = failure as { message: string; details: { code: string; maybeAccepted: boolean }[] };
    expect(details[0]).toMatchObject({ code, maybeAccepted: false });
    expect(message).toContain('Nothing was sent.');
  });
});
