/** Webhooks as their receivers get them, checked with the official client. */
import OpenAI, { InvalidWebhookSignatureError } from 'openai';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startEmulator, type FaultRule, type WebhookEndpoint } from '../emulator';
import { temporaryFolder } from './helpers/embedded';
import { emulated, START_MS } from './helpers/emulated';
import { receiving, SECRET, telling, type AnswerOfReceiver, type Received } from './helpers/receiver';

const HOUR = 3600;

const { webhooks } = new OpenAI({ apiKey: 'sk-test', webhookSecret: SECRET });
const unwrap = ({ body, headers }: Received) => webhooks.unwrap(body, headers);

afterEach(() => void vi.useRealTimers());

type Fault = FaultRule['do'];

describe('what is told', () => {
  test.each([
    ['text', 'response.completed'],
    ['failed', 'response.failed'],
    ['incomplete_content_filter', 'response.incomplete'],
  ])('given %s -> then %s at its end, signed, once', async (name, type) => {
    const receiver = await receiving();
    const { run, until, rows } = await telling(receiver);
    const id = await run({ emulator_scenario: name, task_id: 'task-1' });
    await until(9.9);
    expect([receiver.received, rows()]).toEqual([[], []]);
    await until(10);
    await until(100);
    expect(await Promise.all(receiver.received.map(unwrap))).toEqual([
      {
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/) as string,
        object: 'event',
        created_at: START_MS / 1000 + 10,
        type,
        data: { id },
      },
    ]);
    const attempts = [{ at: START_MS + 10_000, status: 200, fault: null }];
    const url = receiver.url;
    expect(rows()).toMatchObject([
      { event: type, responseId: id, task: 'task-1', url, at: START_MS + 10_000, attempts, outcome: 'delivered' },
    ]);
  });

  test('given a webhook -> then the headers of the API', async () => {
    const receiver = await receiving();
    const { run, until, rows } = await telling(receiver);
    await run();
    await until(10);
    const [row] = rows();
    expect(receiver.received[0]?.headers).toMatchObject({
      'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)',
      'content-type': 'application/json',
      'webhook-id': row?.id,
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/) as string,
    });
    expect(row?.id).toMatch(/^wh_[0-9a-f]{32}$/);
  });

  test('given a cancel -> then it is told at once, and no other end', async () => {
    const receiver = await receiving();
    const { client, run, until, rows } = await telling(receiver);
    const id = await run();
    await until(5);
    await client.responses.cancel(id);
    await until(5);
    await until(100);
    expect(rows()).toMatchObject([{ event: 'response.cancelled', at: START_MS + 5_000, outcome: 'delivered' }]);
    expect(receiver.received).toHaveLength(1);
  });

  test('given a run that completes after a cancel -> then both are told', async () => {
    const receiver = await receiving();
    const { client, run, until, rows } = await telling(receiver);
    await client.responses.cancel(await run({ emulator_scenario: 'late_completion' }));
    await until(1);
    await until(10);
    expect(rows().map(({ event }) => event)).toEqual(['response.cancelled', 'response.completed']);
  });

  test('given runs without background or without an end -> then nothing', async () => {
    const receiver = await receiving();
    const { create, run, until, rows } = await telling(receiver);
    await create({ background: false, metadata: { emulator_queued_seconds: '0', emulator_run_seconds: '0' } });
    await run({ emulator_scenario: 'stuck_in_progress' });
    await until(HOUR * 24 * 365 * 11);
    expect([receiver.received, rows()]).toEqual([[], []]);
  });

  test('given several endpoints with their events -> then each is told of its own', async () => {
    const [all, failures] = [await receiving(), await receiving()];
    const { run, until, emulator } = await telling(all);
    await emulator.setWebhooks([
      { url: all.url, secret: SECRET },
      { url: failures.url, secret: SECRET, events: ['response.failed', 'response.cancelled'] },
    ]);
    await run();
    const failed = await run({ emulator_scenario: 'failed' });
    await until(10);
    expect(all.received).toHaveLength(2);
    expect(await Promise.all(failures.received.map(unwrap))).toMatchObject([{ data: { id: failed } }]);
    const ids = [...all.received, ...failures.received].map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(3);
  });

  test('given the clock of the machine -> then it is told when the run ends, by itself', async () => {
    const receiver = await receiving();
    const { create, rows } = await telling(receiver, undefined, {}, { clock: Date });
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '0.2' };
    await Promise.all(Array.from({ length: 50 }, () => create({ metadata })));
    await vi.waitFor(() => expect(receiver.received).toHaveLength(50), { timeout: 20_000 });
    await vi.waitFor(() => expect(rows().every(({ outcome }) => outcome === 'delivered')).toBe(true));
    for (const { at, attempts } of rows()) expect(attempts[0]?.at).toBeGreaterThanOrEqual(at);
  });
});

describe('receivers that do not take it', () => {
  test.each<[AnswerOfReceiver]>([[500], [404], [307], ['cut']])(
    'given %s twice -> then again after 5 s and after 10 s, with the same id and a new timestamp',
    async (answer) => {
      const receiver = await receiving(answer, answer);
      const { run, until, rows } = await telling(receiver);
      await run();
      vi.useFakeTimers({ toFake: ['Date'] });
      const machine = Date.now();
      for (const [seconds, count] of [
        [10, 1],
        [14.9, 1],
        [15, 2],
        [24.9, 2],
        [25, 3],
        [1000, 3],
      ] as const) {
        vi.setSystemTime(machine + seconds * 1000);
        await until(seconds);
        expect(receiver.received).toHaveLength(count);
      }
      expect(rows()).toMatchObject([{ outcome: 'delivered' }]);
      const shown = answer === 'cut' ? null : answer;
      expect(rows()[0]?.attempts.map(({ status }) => status)).toEqual([shown, shown, 200]);
      const headers = receiver.received.map((one) => one.headers);
      expect(new Set(headers.map((one) => one['webhook-id'])).size).toBe(1);
      const stamps = headers.map((one) => Number(one['webhook-timestamp']));
      const first = Math.floor(machine / 1000);
      expect(stamps.map((stamp) => Math.round((stamp - first) / 5))).toEqual([2, 3, 5]);
      vi.setSystemTime(machine + 25_000);
      await unwrap(receiver.received[2] as Received);
    },
  );

  test('given nobody who takes it -> then 16 attempts within 72 hours, and it is given up', async () => {
    const receiver = await receiving(...Array<number>(99).fill(503));
    const { run, until, rows } = await telling(receiver);
    await run();
    for (let tries = 0; tries < 20; tries++) await until(10 + 5 * (2 ** tries - 1));
    expect(rows()).toMatchObject([{ outcome: 'given_up' }]);
    expect(rows()[0]?.attempts).toHaveLength(16);
    expect((rows()[0]?.attempts.at(-1)?.at ?? 0) - START_MS).toBeLessThan(72 * HOUR * 1000);
  });

  test('given a time scale -> then the waits are divided by it', async () => {
    const receiver = await receiving(500);
    const { run, until } = await telling(receiver, undefined, {}, { timeScale: 10 });
    await run();
    await until(1);
    await until(1.4);
    expect(receiver.received).toHaveLength(1);
    await until(1.5);
    expect(receiver.received).toHaveLength(2);
  });
});

describe('faults', () => {
  test('given webhook_duplicate -> then so many more with the same id', async () => {
    const receiver = await receiving();
    const { run, until, rows, emulator } = await telling(receiver, { kind: 'webhook_duplicate', times: 2 });
    await run();
    await until(10);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await Promise.all(receiver.received.map(unwrap));
    expect(rows()[0]?.attempts.map(({ fault }) => fault)).toEqual(Array(3).fill('webhook_duplicate'));
    expect(emulator.faultsFired()).toEqual([1]);
  });

  test('given webhook_lost for a task -> then nothing, ever, for it', async () => {
    const receiver = await receiving();
    const { run, until, rows } = await telling(receiver, { kind: 'webhook_lost' }, { task: 'task-2' });
    for (const task_id of ['task-1', 'task-2', 'task-3']) await run({ task_id });
    await until(10);
    await until(100 * HOUR);
    expect(rows().map(({ task, outcome }) => [task, outcome])).toEqual([
      ['task-1', 'delivered'],
      ['task-2', 'lost'],
      ['task-3', 'delivered'],
    ]);
    expect(receiver.received).toHaveLength(2);
  });

  test('given webhook_delay -> then so much later', async () => {
    const receiver = await receiving();
    const { run, until, rows } = await telling(receiver, { kind: 'webhook_delay', seconds: 60 }, { times: 9 });
    await run();
    await until(10);
    await until(69.9);
    expect(rows()).toMatchObject([{ outcome: 'pending', attempts: [] }]);
    await until(70);
    expect(rows()).toMatchObject([{ outcome: 'delivered', attempts: [{ fault: 'webhook_delay' }] }]);
  });

  test('given webhook_reorder -> then after the next one', async () => {
    const receiver = await receiving();
    const { run, until } = await telling(receiver, { kind: 'webhook_reorder' });
    const ids = [await run(), await run({ emulator_run_seconds: '20' })];
    await until(10);
    expect(receiver.received).toHaveLength(0);
    await until(21);
    const order = await Promise.all(receiver.received.map(unwrap));
    expect(order).toMatchObject([{ data: { id: ids[1] } }, { data: { id: ids[0] } }]);
  });

  test.each<[Fault, RegExp]>([
    [{ kind: 'webhook_forged' }, /does not match/],
    [{ kind: 'webhook_timestamp', seconds: -310 }, /too old/],
    [{ kind: 'webhook_timestamp', seconds: 310 }, /too new/],
  ])('given %j -> then the official client refuses it, and the next attempt is good', async (fault, message) => {
    const receiver = await receiving(400);
    const { run, until, rows } = await telling(receiver, fault);
    await run();
    await until(10);
    const [bad] = receiver.received;
    const refusal = await unwrap(bad as Received).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidWebhookSignatureError);
    expect(String(refusal)).toMatch(message);
    await until(15);
    await unwrap(receiver.received[1] as Received);
    expect(rows()).toMatchObject([{ outcome: 'delivered', attempts: [{ fault: fault.kind }, { fault: null }] }]);
  });

  test.each<[Extract<Fault, { kind: 'webhook_garbage' }>['body'], RegExp]>([
    ['cut', /^\{"id":"evt_[0-9a-f]+$/],
    ['empty', /^$/],
    ['html', /^<!DOCTYPE html>/],
    ['null', /^null$/],
    ['wrong_types', /"type":7,"data":\["resp_/],
    ['unknown_type', /"type":"response\.emulated"/],
    ['unknown_response', /"data":\{"id":"resp_[0-9a-f]{48}"\}/],
  ])('given webhook_garbage: %s -> then that, signed well', async (body, expected) => {
    const receiver = await receiving();
    const { run, until } = await telling(receiver, { kind: 'webhook_garbage', body });
    const id = await run();
    await until(10);
    const [got] = receiver.received as [Received];
    expect(got.body).toMatch(expected);
    if (body === 'unknown_response') expect(got.body).not.toContain(id);
    await webhooks.verifySignature(got.body, got.headers);
  });

  test('given a rule for every operation -> then requests and webhooks have their own faults', async () => {
    const receiver = await receiving();
    const faults: FaultRule[] = [
      { op: '*', do: { kind: 'webhook_lost' } },
      { op: '*', nth: 2, do: { kind: 'status', status: 503 } },
    ];
    const { run, until, rows, emulator } = await telling(receiver, undefined, {}, { faults });
    await run();
    await until(10);
    expect(rows()).toMatchObject([{ outcome: 'lost' }]);
    expect(emulator.faultsFired()).toEqual([1, 0]);
  });

  test.each<[FaultRule, RegExp]>([
    [{ op: 'create', do: { kind: 'webhook_lost' } }, /0\.op: .*cannot be/],
    [{ op: 'webhook', do: { kind: 'drop' } }, /0\.op: .*cannot be/],
  ])('given %j -> then the plan is refused', async (rule, message) => {
    await expect(startEmulator({ faults: [rule] })).rejects.toThrow(message);
  });
});

describe('restart and close', () => {
  test('given a restart -> then what was not taken is sent again, what ended meanwhile is sent, the rest is not', async () => {
    const folder = await temporaryFolder();
    const stateFile = join(folder.path, 'state.jsonl');
    const receiver = await receiving(200, 500);
    const first = await telling(receiver, undefined, {}, { stateFile, webhooks: [] });
    const early = await first.run();
    await first.until(20);
    await first.emulator.setWebhooks([{ url: receiver.url, secret: SECRET }]);
    const ids = [
      await first.run(),
      await first.run({ emulator_run_seconds: '10' }),
      await first.run({ emulator_run_seconds: '50' }),
    ];
    await first.until(30);
    await first.until(31);
    const before = first.rows();
    await first.emulator.close();
    const second = await telling(receiver, undefined, {}, { stateFile, clock: { now: () => START_MS + 80_000 } });
    await second.until(80);
    await second.emulator.close();
    await folder.remove();
    expect(before.map(({ responseId, outcome }) => [responseId, outcome])).toEqual([
      [ids[0], 'delivered'],
      [ids[1], 'pending'],
    ]);
    const rows = second.rows();
    expect(rows.map(({ responseId, attempts }) => [responseId, attempts.map(({ status }) => status)])).toEqual([
      [ids[0], [200]],
      [ids[1], [500, 200]],
      [ids[2], [200]],
    ]);
    expect(rows.slice(0, 2).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(receiver.received.some(({ body }) => body.includes(early))).toBe(false);
  });

  test('given a close before the end -> then nothing is sent any more', async () => {
    const receiver = await receiving();
    const { run, until, emulator } = await telling(receiver);
    await run();
    await emulator.close();
    await until(10);
    expect(receiver.received).toHaveLength(0);
  });

  test('given a close while a receiver does not answer -> then it closes at once', async () => {
    const silent = await receiving('never');
    const { run, emulator, at, rows } = await telling(silent);
    await run();
    at(10);
    const ticking = emulator.tick();
    await vi.waitFor(() => expect(silent.received).toHaveLength(1));
    await emulator.close();
    await ticking;
    expect(rows()).toMatchObject([{ attempts: [], outcome: 'pending' }]);
  });
});

describe('endpoints', () => {
  test('given the page for it -> then endpoints are replaced, and shown without their secrets', async () => {
    const receiver = await receiving();
    const { emulator, run, until } = await telling(receiver, undefined, {}, { webhooks: [] });
    const page = emulator.url.replace('/v1', '/emulator/webhooks');
    const endpoints = [{ url: receiver.url, secret: SECRET, events: ['response.completed'] }];
    expect((await fetch(page, { method: 'POST', body: JSON.stringify(endpoints) })).status).toBe(200);
    const id = await run();
    await until(10);
    const shown = await (await fetch(page)).text();
    expect(JSON.parse(shown)).toMatchObject({
      endpoints: [{ url: receiver.url, events: ['response.completed'] }],
      deliveries: [{ responseId: id, outcome: 'delivered' }],
    });
    expect(shown).not.toContain(SECRET.slice(6));
    expect((await fetch(page, { method: 'POST', body: '[]' })).status).toBe(200);
    await run();
    await until(100);
    expect(receiver.received).toHaveLength(1);
  });

  test.each<[string, unknown, RegExp]>([
    ['no list', {}, /^Bad webhooks: webhooks: /],
    ['no secret', [{ url: 'http://127.0.0.1:1/' }], /0\.secret: /],
    ['a secret of another form', [{ url: 'http://127.0.0.1:1/', secret: 'sk-hush' }], /0\.secret: expected whsec_/],
    ['an address that is none', [{ url: 'nowhere', secret: SECRET }], /0\.url: /],
    ['another protocol', [{ url: 'file:///etc/passwd', secret: SECRET }], /0\.url: /],
    ['an unknown event', [{ url: 'http://127.0.0.1:1/', secret: SECRET, events: ['batch.failed'] }], /0\.events\.0: /],
    ['a misspelt field', [{ url: 'http://127.0.0.1:1/', secret: SECRET, event: [] }], /0: .*"event"/],
    ['one twice', [1, 2].map(() => ({ url: 'http://127.0.0.1:1/', secret: SECRET })), /webhooks: .*twice/],
  ])('given %s -> then they are refused, with the place and without secrets', async (_name, endpoints, message) => {
    const error: unknown = await startEmulator({ webhooks: endpoints as WebhookEndpoint[] }).catch((e: unknown) => e);
    expect(String(error)).toMatch(/^WebhookEndpointsError: /);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/hush|c2VjcmV0/);
    const { emulator } = await emulated();
    const body = JSON.stringify(endpoints);
    const page = emulator.url.replace('/v1', '/emulator/webhooks');
    expect((await fetch(page, { method: 'POST', body })).status).toBe(400);
  });
});
