/** What a task costs in history, and what workflow code may import. */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { History } from '@temporalio/common/lib/proto-utils';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskOptions } from '../src/contracts';
import { SEARCH_ATTRIBUTES } from '../src/names';
import { FAILURE_CONVERTER_PATH } from '../src/security/data-converter';
import { devServerWorld, uniqueId, type World } from './helpers/world';

const bytesOf = (history: History): number => historyToJSON(history).length;

describe('cost', () => {
  let world: World;
  beforeAll(async () => {
    world = await devServerWorld();
  });
  afterAll(() => world.close());

  test('a run that ends during the inline waits -> 12 events, search attribute included', async () => {
    const id = uniqueId('short');
    const request = { model: 'o3', input: 'short', metadata: { emulator_run_seconds: '1' } };
    const history = await world.withWorker(async () => {
      const handle = await world.client.workflow.start('responseTask', {
        taskQueue: 'durable-responses',
        workflowId: id,
        args: [{ request, options: { pollIntervalsSeconds: [0.3] } }],
        typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.TaskStatus, value: 'queued' }],
      });
      await handle.result();
      return handle.fetchHistory();
    });
    expect(history.events?.length).toBe(12);
  });

  /** Events and bytes that each durable look adds. */
  async function perLook(promptChars: number) {
    const options: TaskOptions = { pollIntervalsSeconds: [0.2], inlineWaitSeconds: 0 };
    const cost = async (runSeconds: number) => {
      const metadata = { emulator_run_seconds: String(runSeconds), emulator_queued_seconds: '0.1' };
      const handle = await world.start({ request: { model: 'o3', input: 'x'.repeat(promptChars), metadata }, options });
      const { polls } = (await handle.result()) as { polls: number };
      const history = await handle.fetchHistory();
      return { polls, events: history.events?.length ?? 0, bytes: bytesOf(history) };
    };
    const [few, many] = await world.withWorker(() => Promise.all([cost(0.5), cost(4)]));
    const looks = many.polls - few.polls;
    return { events: (many.events - few.events) / looks, bytes: (many.bytes - few.bytes) / looks };
  }

  test('each durable look -> at most 11 events, as many bytes for a prompt of 100,000 characters as for 100', async () => {
    const small = await perLook(100);
    const large = await perLook(100_000);
    // One status change is in the difference: an event for the whole run, not for a look.
    expect(small.events).toBeLessThanOrEqual(11.2);
    expect(large.events).toBeLessThanOrEqual(11.2);
    expect(Math.abs(large.bytes - small.bytes) / small.bytes).toBeLessThan(0.05);
  });
});

describe('bundle', () => {
  test('the workflow code -> no openai, no node builtin, no validator in it', async () => {
    const workflowsPath = join(__dirname, '..', 'lib', 'src', 'workflows', 'index.js');
    const { code } = await bundleWorkflowCode({
      workflowsPath,
      failureConverterPath: FAILURE_CONVERTER_PATH,
      logger: new DefaultLogger('ERROR'),
    });
    const modules = [...code.matchAll(/\/\/ CONCATENATED MODULE: (\S+)|!\*\*\* (\S+) \*\*\*!/g)].map(
      (match) => match[1] ?? match[2],
    );
    expect(modules.filter((name) => /node_modules\/(openai|zod|commander)\//.test(name ?? ''))).toEqual([]);
    expect(code).not.toMatch(/require\(["'](node:|fs|http|net|child_process)/);
    expect(modules.some((name) => name?.includes('workflows/task.js'))).toBe(true);
  });

  test('the installed tree -> one copy of protobufjs', () => {
    const lock = JSON.parse(readFileSync(join(__dirname, '..', 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    expect(Object.keys(lock.packages).filter((name) => name.endsWith('node_modules/protobufjs'))).toHaveLength(1);
  });
});
