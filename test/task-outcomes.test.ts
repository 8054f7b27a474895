/** Every status of the API, and those it does not know, as a `TaskResult`. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskOptions, TaskResult, TaskStatusView } from '../src/contracts';
import { readAnswer } from '../src/store/batch-records';
import { keepingWorker } from './helpers/kept-worker';
import { createsOf, skippingWorld, stillRunning, type World } from './helpers/world';

let world: World;
beforeAll(async () => {
  world = keepingWorker(await skippingWorld());
});
afterAll(() => world.close());

async function run(scenario: string, options: TaskOptions = {}, metadata: Record<string, string> = {}) {
  return world.withWorker(async () => {
    const handle = await world.ask(scenario, { inlineWaitSeconds: 0, ...options }, metadata);
    return { handle, result: (await handle.result()) as TaskResult };
  });
}

const shortWait = { maxWaitSeconds: 100 };

test.each([
  ['text', {}, 'completed', null],
  ['failed', {}, 'failed', 'server_error'],
  ['failed_rate_limit', {}, 'failed', 'rate_limit_exceeded'],
  ['failed_unlisted', {}, 'failed', 'context_length_exceeded'],
  ['incomplete_max_output_tokens', {}, 'incomplete', null],
  ['incomplete_content_filter', {}, 'incomplete', null],
  ['refusal', {}, 'completed', null],
  ['flapping', {}, 'completed', null],
  ['unknown_status', {}, 'completed', null],
  ['unknown_status_forever', shortWait, 'timed_out', 'max_wait_seconds'],
  ['stuck_in_progress', shortWait, 'timed_out', 'max_wait_seconds'],
  ['stuck_queued', { ...shortWait, maxQueuedSeconds: 20 }, 'timed_out', 'max_queued_seconds'],
])('scenario %s with %o -> status %s, error %s', async (scenario, options, status, code) => {
  const { result, handle } = await run(scenario, options);
  expect([result.status, result.error?.code ?? null]).toEqual([status, code]);
  expect(result.creates).toBe(1);
  expect(createsOf(world.emulator, handle.workflowId)).toHaveLength(1);
  expect(await stillRunning(world.emulator)).not.toContain(result.responseId);
});

test('maxQueuedSeconds, and a run that has left the queue since the last look -> it goes on', async () => {
  const times = { emulator_queued_seconds: '2', emulator_run_seconds: '100' };
  const { result } = await run('text', { pollIntervalsSeconds: [60], maxQueuedSeconds: 20 }, times);
  expect(result).toMatchObject({ status: 'completed', creates: 1 });
});

test('maxQueuedSeconds, far before the next look -> the task ends at that moment', async () => {
  const { result } = await run('stuck_queued', { pollIntervalsSeconds: [3_600], maxQueuedSeconds: 20 });
  expect(result).toMatchObject({ status: 'timed_out', error: { code: 'max_queued_seconds' } });
  const { created, detected } = result.timings;
  expect(Date.parse(detected ?? '') - Date.parse(created ?? '')).toBeLessThan(60_000);
});

test('maxQueuedSeconds, and a create that had to wait -> it counts from the create', async () => {
  const busy = { kind: 'status' as const, status: 429, headers: { 'retry-after': '30' } };
  world.emulator.setFaults([{ op: 'create', times: 1, do: busy }]);
  const { result } = await run('text', { maxQueuedSeconds: 20 }, { emulator_queued_seconds: '10' });
  world.emulator.setFaults([]);
  expect(result).toMatchObject({ status: 'completed', creates: 1 });
});

test('maxQueuedSeconds, and a retry of a run that failed -> it counts anew', async () => {
  const times = { emulator_queued_seconds: '10', emulator_run_seconds: '60' };
  const { result } = await run('failed', { maxQueuedSeconds: 20, retryOn: { times: 1 } }, times);
  expect(result).toMatchObject({ status: 'failed', creates: 2 });
});

test('a status that is not known -> counted and shown, never success', async () => {
  const { result } = await run('unknown_status_forever', shortWait);
  // Seen in several visits; the last one has one look.
  expect(result.unknownStatuses.paused).toBeGreaterThan(1);
  expect(result.outputText).toBeNull();
});

test('a run that is cut short -> incomplete with its partial text and the reason', async () => {
  const { result } = await run('incomplete_max_output_tokens');
  expect(result.incompleteReason).toBe('max_output_tokens');
  expect(result.outputText).toContain('You asked');
});

test.each([1_000, 90_000])('an answer of %d bytes -> carried byte for byte', async (sizeBytes) => {
  const { result } = await run('text', {}, { emulator_output_bytes: String(sizeBytes) });
  const { output_text: made } = await madeBy(result.responseId);
  expect(Buffer.byteLength(result.outputText ?? '')).toBe(sizeBytes);
  expect(result.outputText).toBe(made);
});

test('an answer over 100 kB -> in the store byte for byte, and named', async () => {
  const { result } = await run('text', {}, { emulator_output_bytes: '101000' });
  expect(result).toMatchObject({ status: 'completed', outputOmitted: true, outputText: null, output: null });
  const { output_text: made } = await madeBy(result.responseId);
  expect((await readAnswer(world.store, result.answerKey ?? ''))?.outputText).toBe(made);
});

test('an answer over maxOutputBytes -> left upstream, and named', async () => {
  const { result } = await run('text', { maxOutputBytes: 100_500 }, { emulator_output_bytes: '101000' });
  expect(result).toMatchObject({ status: 'completed', outputOmitted: true, outputText: null, answerKey: null });
});

test('onTimeout leave -> the response goes on upstream', async () => {
  const { result } = await run('stuck_in_progress', { maxWaitSeconds: 30, onTimeout: 'leave' });
  expect(result.status).toBe('timed_out');
  // Not `in_progress`: the skipping clock may have gone on for years since.
  expect((await world.emulator.statuses())[result.responseId ?? '']).not.toBe('cancelled');
  expect(world.emulator.ledger().cancels.map(({ id }) => id)).not.toContain(result.responseId);
});

test('a response that was deleted upstream -> expired after two 404s', async () => {
  world.emulator.setFaults([{ op: 'retrieve', nth: { from: 3 }, do: { kind: 'status', status: 404 } }]);
  const { result } = await run('slow');
  world.emulator.setFaults([]);
  expect(result).toMatchObject({ status: 'expired', error: { code: 'not_found' } });
});

test('404s for half a minute, which is over between two looks -> one more look, and completed', async () => {
  world.emulator.setFaults([{ op: 'retrieve', do: { kind: 'not_found', forSeconds: 30 } }]);
  const { result } = await run('text', { pollIntervalsSeconds: [12] }, { emulator_run_seconds: '8' });
  world.emulator.setFaults([]);
  expect([result.status, result.creates]).toEqual(['completed', 1]);
});

test('404 just after the create -> a short lag, and completed', async () => {
  world.emulator.setFaults([{ op: 'retrieve', do: { kind: 'not_found', forSeconds: 5 } }]);
  const { result } = await run('text', {}, { emulator_run_seconds: '8' });
  world.emulator.setFaults([]);
  expect([result.status, result.creates]).toEqual(['completed', 1]);
});

test('attach to a response that exists -> its result, and no create', async () => {
  const result = await world.withWorker(async () => {
    const { id } = (await post('/responses', { model: 'o3', input: 'Made outside.', background: true })) as {
      id: string;
    };
    const handle = await world.start({ attach: { responseId: id }, options: { inlineWaitSeconds: 0 } });
    return (await handle.result()) as TaskResult;
  });
  expect(result).toMatchObject({ status: 'completed', creates: 0 });
  expect(result.outputText).toContain('Made outside.');
});

test('a URL that leads to a private network, from a program without a door -> rejected, and no create', async () => {
  const before = world.emulator.ledger().creates.length;
  const image = { type: 'input_image', image_url: 'https://169.254.169.254/latest/meta-data', detail: 'auto' as const };
  const request = { model: 'o3', input: [{ role: 'user' as const, content: [image] }] } as never;
  const result = await world.withWorker(async () => {
    const handle = await world.start({ request, options: { inlineWaitSeconds: 0 } });
    return (await handle.result()) as TaskResult;
  });
  expect(result).toMatchObject({ status: 'rejected', creates: 0, error: { code: 'url_refused' } });
  expect(result.error?.message).toMatch(/^input\[0\]\.content\[0\]\.image_url: .*DURABLE_RESPONSES_PRIVATE_HOSTS/);
  expect(world.emulator.ledger().creates).toHaveLength(before);
});

const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };
async function post(path: string, body: unknown): Promise<unknown> {
  return (await fetch(world.emulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** The text as upstream has it, joined here. */
async function madeBy(responseId: string | null): Promise<{ output_text: string }> {
  const response = await fetch(`${world.emulator.url}/responses/${responseId}`, { headers });
  const body = (await response.json()) as { output: { content?: { text?: string }[] }[] };
  return { output_text: body.output.flatMap((item) => item.content?.map((part) => part.text) ?? []).join('') };
}

test('every look fails on our side -> ends at its deadline, says why, and is cancelled upstream', async () => {
  const checkResponse = () => Promise.reject(new TypeError('out of order'));
  const result = await world.withWorker(
    async () => {
      const handle = await world.ask('slow', { inlineWaitSeconds: 0, maxWaitSeconds: 100 });
      return (await handle.result()) as TaskResult;
    },
    { checkResponse },
  );
  expect(result).toMatchObject({ status: 'timed_out', creates: 1, notCleaned: [] });
  expect(await stillRunning(world.emulator)).not.toContain(result.responseId);
});

test('a look fails on our side for good -> the status says so', async () => {
  const checkResponse = () => Promise.reject(ApplicationFailure.nonRetryable('out of order'));
  const view = await world.withWorker(
    async () => {
      const handle = await world.ask('slow', { inlineWaitSeconds: 0, maxWaitSeconds: 10, onTimeout: 'leave' });
      await handle.result();
      return handle.query<TaskStatusView>('taskStatus');
    },
    { checkResponse },
  );
  expect(view.lastError).toBe('The look failed on our side: out of order');
});

test('a 404 between short looks -> confirmed by one more look, a second later', async () => {
  const result = await world.withWorker(async () => {
    const handle = await world.start({ attach: { responseId: 'resp_gone' }, options: { pollIntervalsSeconds: [0.2] } });
    return (await handle.result()) as TaskResult;
  });
  expect(result).toMatchObject({ status: 'expired', polls: 2 });
});

test('waits of no sense, from a program without a door -> the workflow fails, and no create', async () => {
  const creates = world.emulator.ledger().creates.length;
  const failure: unknown = await world.withWorker(async () => {
    const handle = await world.ask('text', { maxWaitSeconds: -1 });
    return handle.result().then(
      () => null,
      (error: unknown) => (error as Error).cause,
    );
  });
  expect(failure).toMatchObject({ type: 'BadInput', message: expect.stringContaining('maxWaitSeconds') as string });
  expect(world.emulator.ledger().creates).toHaveLength(creates);
});
