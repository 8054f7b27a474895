/** The receiver over real HTTP, with the emulator's webhooks and a real Temporal server; judged by the emulator's ledger. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { TaskProgress, TaskResult, TaskStatusView } from '../src/contracts';
import { eventually } from './helpers/embedded';
import { SECRET } from './helpers/receiver';
import {
  cuttableServer,
  eventFor,
  OTHER_SECRET,
  ownReceiver,
  responseOf,
  send,
  signed,
  sparseTask,
  SPARSE,
  type Message,
  type OwnReceiver,
  type OwnReceiverOptions,
} from './helpers/webhooks';
import { callsOf, devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

let world: World;
let worker: ReturnType<typeof keepWorking>;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await devServerWorld();
  worker = keepWorking(world);
});
afterAll(async () => {
  await worker.stop();
  await world.close();
});
afterEach(async () => {
  world.emulator.setFaults([]);
  await world.emulator.setWebhooks([]);
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const receiver = async (options?: OwnReceiverOptions): Promise<OwnReceiver> => {
  const own = await ownReceiver(world, options);
  open.push(own);
  return own;
};
const told = ({ url }: OwnReceiver) => world.emulator.setWebhooks([{ url, secret: SECRET }]);
/** The tasks that it has told, as its log names them. */
const toldBy = ({ lines }: OwnReceiver): string[] =>
  lines
    .map((line) => JSON.parse(line) as { message: string; taskId: string })
    .filter(({ message }) => message === 'webhook: told')
    .map(({ taskId }) => taskId);
const viewOf = (taskId: string) => world.client.workflow.getHandle(taskId).query<TaskStatusView>('taskStatus');
const hasEnded = (responseId: string) =>
  eventually('the run has ended', async () => (await world.emulator.statuses())[responseId] === 'completed');
const ENDS = { emulator_queued_seconds: '0', emulator_run_seconds: '1' };
const SLOW = { emulator_scenario: 'slow' };

describe('a genuine message', () => {
  test('given a task that looks once an hour -> then it looks at once and ends', async () => {
    await told(await receiver());
    const handle = await sparseTask(world, ENDS);
    const result = (await handle.result()) as TaskResult;
    expect(result).toMatchObject({ status: 'completed', polls: 1, creates: 1 });
    const ended = world.emulator.ledger().creates.find(({ id }) => id === result.responseId)?.endedAt ?? 0;
    expect(Date.parse(result.timings.detected ?? '') - ended).toBeLessThan(3_000);
    expect(world.emulator.ledger().webhooks.find(({ task }) => task === handle.workflowId)).toMatchObject({
      outcome: 'delivered',
      attempts: [{ status: 204 }],
    });
  });

  test.each(['failed', 'incomplete_max_output_tokens'])(
    'given a run that ends as %s -> then its task is told',
    async (scenario) => {
      await told(await receiver());
      const { status } = (await (
        await sparseTask(world, { ...ENDS, emulator_scenario: scenario })
      ).result()) as TaskResult;
      expect(scenario).toContain(status);
    },
  );

  test('given a run that ends before its create is known to the workflow -> then the hint is kept', async () => {
    await told(await receiver());
    const at = { emulator_queued_seconds: '0', emulator_run_seconds: '0.01' };
    const tasks = await Promise.all(Array.from({ length: 10 }, () => sparseTask(world, at)));
    const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'completed'));
  });

  test.each(['poll', 'webhook'] as const)(
    'given a run that ends while the reply to its create is on its way, and %s -> then the hint is kept',
    async (watch) => {
      await told(await receiver());
      world.emulator.setFaults([{ op: 'create', do: { kind: 'delay', ms: 1_500 } }]);
      const at = { emulator_queued_seconds: '0', emulator_run_seconds: '0.01' };
      const result = (await (await sparseTask(world, at, { watch })).result()) as TaskResult;
      expect(result).toMatchObject({ status: 'completed', polls: 1, creates: 1, possibleOrphans: [] });
    },
  );

  test('given a hint that the run before did not come to -> then the next one looks at once', async () => {
    const first = await sparseTask(world, ENDS);
    const responseId = await responseOf(world, first.workflowId);
    await hasEnded(responseId);
    const carried = { responseId, hinted: true } as TaskProgress;
    const continued = await world.start({ attach: { responseId }, options: SPARSE, carried });
    expect(await continued.result()).toMatchObject({ status: 'completed', polls: 1 });
    await first.signal('lookNow');
    await first.result();
  });

  test('given a task that was attached -> then it is told, and so is the one that created the response', async () => {
    const own = await receiver();
    await told(own);
    const first = await sparseTask(world, { ...ENDS, emulator_run_seconds: '2' });
    const responseId = await responseOf(world, first.workflowId);
    const second = await world.start({ attach: { responseId }, options: SPARSE }, `attach-${responseId}`);
    const results = (await Promise.all([first.result(), second.result()])) as TaskResult[];
    expect(results.map(({ status }) => status)).toEqual(['completed', 'completed']);
  });

  test('given one secret in place of another -> then both are taken while both are known', async () => {
    const { url } = await receiver({ secrets: [OTHER_SECRET, SECRET] });
    const body = eventFor('resp_nobody');
    expect(await send(url, { body })).toBe(204);
    expect(await send(url, { body, secret: OTHER_SECRET })).toBe(204);
  });

  test('given several signatures, one of them good -> then it is taken', async () => {
    const { url } = await receiver();
    const message: Message = { body: eventFor('resp_nobody'), id: uniqueId('wh') };
    const good = signed(message).headers['webhook-signature'] ?? '';
    const other = signed({ ...message, secret: OTHER_SECRET }).headers['webhook-signature'] ?? '';
    expect(await send(url, { ...message, headers: { 'webhook-signature': `${other} v2,abc ${good}` } })).toBe(204);
  });

  test('given 299 s of difference between the clocks -> then it is taken, both ways', async () => {
    const { url } = await receiver();
    for (const offSeconds of [-299, 299])
      expect(await send(url, { body: eventFor('resp_nobody'), offSeconds })).toBe(204);
  });

  test('given an unknown event, response or task -> then 2xx, and it is counted', async () => {
    const { url, counts } = await receiver();
    const elsewhere = await fetch(`${world.emulator.url}/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'o3',
        input: 'x',
        background: true,
        metadata: { task_id: 'of-nobody', attempt: '1' },
      }),
    });
    const { id } = (await elsewhere.json()) as { id: string };
    expect(await send(url, { body: { type: 'batch.completed', data: { id: 'batch_1' } } })).toBe(204);
    expect(await send(url, { body: eventFor('resp_nobody', 'response.news') })).toBe(204);
    expect(await send(url, { body: eventFor(id) })).toBe(204);
    expect(counts.read()).toEqual({ unknown_event: 1, unknown_response: 1, unknown_task: 1 });
  });
});

describe('what is not genuine', () => {
  const id = 'wh_forged';
  const stamp = () => String(Math.floor(Date.now() / 1000));
  /** Signed over exactly what it says, but in a form that no message has. */
  const odd = (
    body: unknown,
    { id: oddId = id, timestamp = stamp() }: { id?: string; timestamp?: string },
  ): Message => {
    const text = JSON.stringify(body);
    // Without an id the official client checks the rest alone.
    const said = [oddId, timestamp, text].filter((part) => part !== '').join('.');
    const key = Buffer.from(SECRET.replace('whsec_', ''), 'base64');
    const signature = `v1,${createHmac('sha256', key).update(said).digest('base64')}`;
    const headers = { 'webhook-id': oddId, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
    return { body, headers };
  };
  const withoutVersion = (body: unknown): Message => {
    const signature = signed({ body, id }).headers['webhook-signature'] ?? '';
    return { body, id, headers: { 'webhook-signature': signature.replace('v1,', '') } };
  };

  test.each<[string, number, (body: unknown) => Message]>([
    ['a wrong key', 401, (body) => ({ body, secret: OTHER_SECRET })],
    ['a timestamp 301 s old', 401, (body) => ({ body, offSeconds: -301 })],
    ['a timestamp 302 s ahead', 401, (body) => ({ body, offSeconds: 302 })],
    ['a timestamp with letters after it', 400, (body) => odd(body, { timestamp: `${stamp()}x` })],
    ['a timestamp that is no number', 400, (body) => odd(body, { timestamp: 'NaN' })],
    ['an empty id', 400, (body) => odd(body, { id: '' })],
    ['an id with a dot', 400, (body) => odd(body, { id: 'wh.1' })],
    ['no version before the signature', 401, withoutVersion],
    ['no signature', 400, (body) => ({ body, headers: { 'webhook-signature': '' } })],
    ['a signature of nothing', 401, (body) => ({ body, headers: { 'webhook-signature': 'v1,' } })],
    ['a body written anew', 401, (body) => ({ body, sentBody: JSON.stringify(body, null, 1) })],
    ['another body', 401, (body) => ({ body, sentBody: JSON.stringify(eventFor('resp_other')) })],
    ['a body that is no UTF-8', 400, (body) => ({ body, sentBody: new Uint8Array([0x7b, 0xff, 0x7d]) })],
    ['a body that is no JSON', 400, () => ({ body: '{"type":' })],
    ['an empty body', 400, () => ({ body: '' })],
    ['a body that is no event', 400, () => ({ body: { type: 7, data: [] } })],
    ['a path in place of an id', 400, () => ({ body: eventFor('resp_1/../../files') })],
    ['a body of 65 KiB', 413, () => ({ body: { ...eventFor('resp_1'), more: 'x'.repeat(66_560) } })],
    ['a body of 10 MB', 413, () => ({ body: { ...eventFor('resp_1'), more: 'x'.repeat(10_000_000) } })],
  ])('given %s -> then %i, and nobody is told', async (_name, status, messageFor) => {
    const { url, counts, lines } = await receiver();
    const task = await sparseTask(world, SLOW);
    const responseId = await responseOf(world, task.workflowId);
    const gets = () =>
      world.emulator.ledger().calls.filter((call) => call.id === responseId && call.op === 'retrieve').length;
    expect(await send(url, messageFor(eventFor(responseId)))).toBe(status);
    expect(gets(), 'it costs no call upstream').toBe(0);
    expect(counts.read()).toEqual(status === 413 ? {} : { refused: 1 });
    expect(lines.join('')).not.toMatch(/whsec_|v1,|resp_/);
    await task.signal('cancelTask');
    // To its end: the webhook of a cancel would go to the receiver of the next test.
    await task.result();
  });

  test('given other paths and methods -> then 404 and 405 without a word; health is 200', async () => {
    const { url } = await receiver();
    const ask = async (path: string, method: string) => {
      const reply = await fetch(new URL(path, url), { method });
      return [reply.status, await reply.text()];
    };
    expect(await ask('/', 'GET')).toEqual([404, '']);
    expect(await ask('/webhook/x', 'POST')).toEqual([404, '']);
    expect(await ask('/webhook', 'GET')).toEqual([405, '']);
    expect(await ask('/health', 'POST')).toEqual([405, '']);
    expect(await ask('/health', 'GET')).toEqual([200, '']);
  });
});

test('given first attempts that are spoilt on their way -> then none is taken, and the next one is', async () => {
  const own = await receiver();
  await told(own);
  const garbage = (body: 'cut' | 'empty' | 'html' | 'null' | 'wrong_types') =>
    ({ kind: 'webhook_garbage', body }) as const;
  const faults: FaultRule['do'][] = [
    { kind: 'webhook_forged' },
    { kind: 'webhook_timestamp', seconds: -301 },
    { kind: 'webhook_timestamp', seconds: 310 },
    ...(['cut', 'empty', 'html', 'null', 'wrong_types'] as const).map(garbage),
  ];
  const harmless: FaultRule['do'][] = [
    { kind: 'webhook_duplicate', times: 5 },
    { kind: 'webhook_delay', seconds: 2 },
  ];
  const cases = [...faults, ...harmless].map((fault) => ({ fault, id: uniqueId('spoilt') }));
  world.emulator.setFaults(cases.map(({ fault, id }) => ({ op: 'webhook', task: id, times: 1, do: fault })));
  const tasks = await Promise.all(cases.map(({ id }) => sparseTask(world, ENDS, {}, id)));
  const results = (await Promise.all(tasks.map((task) => task.result()))) as TaskResult[];
  for (const { status, polls } of results) expect({ status, polls }).toEqual({ status: 'completed', polls: 1 });
  const { refused, repeated } = own.counts.read();
  expect({ refused, repeated }).toEqual({ refused: faults.length, repeated: 5 });
  const ids = cases.map(({ id }) => id);
  // A run of another test may end only now.
  const looked = toldBy(own).filter((id) => ids.includes(id));
  expect(looked.sort()).toEqual(ids.sort());
});

describe('many of one', () => {
  test('given 1,000 replays of one message, 50 at a time -> then one look', async () => {
    const { url, counts } = await receiver();
    const task = await sparseTask(world, ENDS, { onTimeout: 'leave' });
    const responseId = await responseOf(world, task.workflowId);
    await hasEnded(responseId);
    const message: Message = { body: eventFor(responseId), id: uniqueId('wh') };
    const statuses = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const sent = await Promise.all(Array.from({ length: 50 }, () => send(url, message)));
      sent.forEach((status) => statuses.add(status));
    }
    expect([...statuses]).toEqual([204]);
    expect(counts.read()).toEqual({ told: 1, repeated: 999 });
    expect(((await task.result()) as TaskResult).polls).toBe(1);
    // The receiver's own, and the task's.
    expect(callsOf(world.emulator, task.workflowId, 'retrieve')).toHaveLength(2);
  });

  test('given a receiver that was started again -> then what it knows no more costs a task that has ended nothing', async () => {
    const first = await receiver();
    const task = await sparseTask(world, ENDS);
    const responseId = await responseOf(world, task.workflowId);
    await hasEnded(responseId);
    const headers = { connection: 'close' };
    const message: Message = { body: eventFor(responseId), id: uniqueId('wh'), headers };
    expect(await send(first.url, message)).toBe(204);
    await task.result();
    await first.close();
    const second = await receiver({ port: first.port });
    expect(await send(second.url, message)).toBe(204);
    expect(second.counts.read()).toEqual({ task_ended: 1 });
    expect((await viewOf(task.workflowId)).polls).toBe(1);
  });
});

describe('what is not there', () => {
  test('given an end that no GET shows yet -> then 503, and no look is spent', async () => {
    const { url } = await receiver();
    const task = await sparseTask(world, SLOW);
    const responseId = await responseOf(world, task.workflowId);
    await eventually(
      'the task knows its response',
      async () => (await viewOf(task.workflowId)).responseId === responseId,
    );
    expect(await send(url, { body: eventFor(responseId) })).toBe(503);
    expect((await viewOf(task.workflowId)).polls).toBe(0);
    await task.signal('cancelTask');
    await task.result();
  });

  test('given Temporal cannot be reached -> then 503; sent again later, the same message is taken', async () => {
    const server = await cuttableServer(world);
    open.push(server);
    const { url, counts } = await receiver({ client: server.client });
    const task = await sparseTask(world, ENDS);
    const responseId = await responseOf(world, task.workflowId);
    await hasEnded(responseId);
    const message: Message = { body: eventFor(responseId), id: uniqueId('wh') };
    server.cut();
    expect(await send(url, message)).toBe(503);
    server.mend();
    await eventually('it is taken', async () => (await send(url, message)) === 204);
    expect(((await task.result()) as TaskResult).status).toBe('completed');
    expect(counts.read().told).toBe(1);
  });

  test('given upstream cannot be read -> then 503, and 2xx once it can', async () => {
    const { url } = await receiver();
    const task = await sparseTask(world, ENDS);
    const responseId = await responseOf(world, task.workflowId);
    await hasEnded(responseId);
    world.emulator.setFaults([
      { op: 'retrieve', task: task.workflowId, times: 1, do: { kind: 'status', status: 500 } },
    ]);
    const message: Message = { body: eventFor(responseId), id: uniqueId('wh') };
    expect(await send(url, message)).toBe(503);
    expect(await send(url, message)).toBe(204);
    expect(((await task.result()) as TaskResult).status).toBe('completed');
  });

  test('given a look that fails although it was asked for -> then it is repeated long before the schedule', async () => {
    const { url } = await receiver();
    const task = await sparseTask(world, ENDS);
    const responseId = await responseOf(world, task.workflowId);
    await hasEnded(responseId);
    // The first GET is the receiver's.
    const fault = { kind: 'status', status: 500 } as const;
    world.emulator.setFaults([{ op: 'retrieve', task: task.workflowId, nth: 2, do: fault }]);
    expect(await send(url, { body: eventFor(responseId) })).toBe(204);
    expect(await task.result()).toMatchObject({ status: 'completed', polls: 2 });
  });
});
