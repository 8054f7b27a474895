import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { APIConnectionError, APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { startEmulator, type FaultRule } from '../emulator';
import { emulated, type Emulated } from './helpers/emulated';

type Do = FaultRule['do'];

const rule = (op: FaultRule['op'], fault: Do, more: Partial<FaultRule> = {}): FaultRule => ({ op, do: fault, ...more });

const failureOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => {
      throw new Error('The call went well.');
    },
    (error: unknown) => error,
  );

/** `ok`, or the HTTP status of the failure, or `none` where there was no answer. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return error instanceof APIError && error.status !== undefined ? String(error.status) : 'none';
  }
}

const task = (id: string) => ({ metadata: { task_id: id } });

/** The outcomes of so many creates, one after the other. */
async function creates({ create }: Emulated, count: number, fields?: Record<string, unknown>): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < count; i++) outcomes.push(await outcomeOf(create(fields)));
  return outcomes;
}

describe('kinds of faults', () => {
  test.each<[string, Do, Record<string, unknown>]>([
    ['a plain 500', { kind: 'status', status: 500 }, { status: 500, type: 'server_error', code: null }],
    ['a plain 429', { kind: 'status', status: 429 }, { status: 429, type: 'requests', code: null }],
    [
      'a code, a type and a message',
      { kind: 'status', status: 429, code: 'slow_down', type: 'rate_limit_error', message: 'Slower.' },
      { status: 429, code: 'slow_down', type: 'rate_limit_error', message: '429 Slower.' },
    ],
    ['a page of a gateway', { kind: 'status', status: 502, body: 'html' }, { status: 502, error: undefined }],
    ['an empty body', { kind: 'status', status: 503, body: 'empty' }, { status: 503, error: undefined }],
  ])('given status: %s -> then that, and nothing is created', async (_name, fault, expected) => {
    const { create, emulator } = await emulated({ faults: [rule('create', fault)] });
    expect(await failureOf(create())).toMatchObject(expected);
    expect(emulator.ledger().creates).toEqual([]);
  });

  test('given headers -> then they are sent', async () => {
    const fault: Do = { kind: 'status', status: 429, headers: { 'retry-after': '7', 'x-should-retry': 'false' } };
    const { raw } = await emulated({ faults: [rule('*', fault)] });
    const { headers } = await raw('GET', '/responses/resp_1');
    expect([headers.get('retry-after'), headers.get('x-should-retry')]).toEqual(['7', 'false']);
  });

  test.each<[Do, number, number]>([
    [{ kind: 'drop' }, 0, 0],
    [{ kind: 'drop', accept: true }, 1, 0],
    [{ kind: 'hang', ms: 5 }, 0, 0],
    [{ kind: 'hang', ms: 5, accept: true }, 1, 0],
  ])('given %j -> then %i created, no answer, and a row in the ledger', async (fault, created, status) => {
    const { create, emulator } = await emulated({ faults: [rule('create', fault)] });
    expect(await failureOf(create(task('task-1')))).toBeInstanceOf(APIConnectionError);
    const { creates: rows, calls } = emulator.ledger();
    expect(rows).toHaveLength(created);
    expect(calls).toMatchObject([{ op: 'create', status, faulted: true, task: 'task-1', retryCount: 0 }]);
  });

  test.each([
    [false, 0],
    [true, 1],
  ])('given stall (accept: %s) -> then headers come, a body does not, and %i is created', async (accept, created) => {
    const { client, emulator } = await emulated({ faults: [rule('create', { kind: 'stall', accept })] });
    const body = { model: 'o3', input: 'Hi', background: true };
    const reply = await client.responses.create(body).asResponse();
    expect([reply.status, emulator.ledger().creates.length]).toEqual([200, created]);
    const reader = reply.body?.getReader();
    const start = new TextDecoder().decode((await reader?.read())?.value as Uint8Array);
    expect(start).toHaveLength(8);
    await reader?.cancel();
  });

  test.each<[Extract<Do, { kind: 'garbage' }>['body'], string, RegExp]>([
    ['html', 'text/html', /^<!DOCTYPE html>/],
    ['null', 'application/json', /^null$/],
    ['array', 'application/json', /^\[\]$/],
    ['cut', 'application/json', /^\{"id":"resp_cut","st$/],
    ['wrong_types', 'application/json', /"id":7,.*"status":\["completed"\]/],
    ['no_output', 'application/json', /^(?!.*"output":)\{.*"status":"completed"/],
    ['no_status', 'application/json', /^(?!.*"status":"(queued|in_progress|completed)")\{/],
  ])('given garbage: %s -> then HTTP 200 with it', async (body, type, expected) => {
    const { create, raw, emulator } = await emulated();
    const id = await create();
    emulator.setFaults([rule('retrieve', { kind: 'garbage', body, accept: true })]);
    const reply = await raw('GET', `/responses/${id}`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
    expect(await reply.text()).toMatch(expected);
  });

  test.each([
    [undefined, 0],
    [true, 1],
  ])('given garbage for a create (accept: %s) -> then %i created', async (accept, created) => {
    const { create, emulator } = await emulated({
      faults: [rule('create', { kind: 'garbage', body: 'null', accept })],
    });
    await failureOf(create());
    expect(emulator.ledger().creates).toHaveLength(created);
  });

  test.each(['delay', 'late'] as const)('given %s -> then it is carried out and answered', async (kind) => {
    const { create, emulator } = await emulated({ faults: [rule('create', { kind, ms: 20 })] });
    const begin = performance.now();
    const reply = create();
    expect(await reply).toMatch(/^resp_/);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(19);
    expect(emulator.ledger().creates).toHaveLength(1);
  });

  test('given not_found -> then 404 for some seconds after the create, then not', async () => {
    const { client, create, at } = await emulated({ faults: [rule('retrieve', { kind: 'not_found', forSeconds: 5 })] });
    const id = await create();
    at(4.9);
    expect(await failureOf(client.responses.retrieve(id))).toMatchObject({ status: 404, code: null });
    at(5);
    expect((await client.responses.retrieve(id)).id).toBe(id);
  });

  test('given regress -> then a completed response says once that it runs', async () => {
    const { client, create, at } = await emulated({ faults: [rule('retrieve', { kind: 'regress' }, { nth: 2 })] });
    const id = await create();
    at(100);
    const statuses: unknown[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await client.responses.retrieve(id)).status);
    expect(statuses).toEqual(['completed', 'in_progress', 'completed']);
  });

  test('given redirect -> then 307 to the other origin, and nothing is created', async () => {
    const other = createServer((_request, reply) => reply.end('{}'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const to = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const { emulator } = await emulated({ faults: [rule('create', { kind: 'redirect', to })] });
    const headers = { authorization: 'Bearer sk-test' };
    const reply = await fetch(`${emulator.url}/responses`, { method: 'POST', headers, redirect: 'manual' });
    other.close();
    expect([reply.status, reply.headers.get('location')]).toEqual([307, to]);
    expect(emulator.ledger()).toMatchObject({ creates: [], calls: [{ status: 307, faulted: true }] });
  });

  test('given huge -> then at least so many bytes', async () => {
    const { raw } = await emulated({ faults: [rule('retrieve', { kind: 'huge', bytes: 3_000_000 })] });
    const body = await (await raw('GET', '/responses/resp_1')).arrayBuffer();
    expect(body.byteLength).toBeGreaterThanOrEqual(3_000_000);
  });
});

describe('rules', () => {
  const fault: Do = { kind: 'status', status: 503 };

  test.each<[string, Partial<FaultRule>, string[]]>([
    ['no limit', {}, ['503', '503', '503', '503']],
    ['nth 2', { nth: 2 }, ['ok', '503', 'ok', 'ok']],
    ['from 3', { nth: { from: 3 } }, ['ok', 'ok', '503', '503']],
    ['from 2 to 3', { nth: { from: 2, to: 3 } }, ['ok', '503', '503', 'ok']],
    ['times 2', { times: 2 }, ['503', '503', 'ok', 'ok']],
    ['from 2, times 1', { nth: { from: 2 }, times: 1 }, ['ok', '503', 'ok', 'ok']],
    ['probability 0', { probability: 0 }, ['ok', 'ok', 'ok', 'ok']],
    ['probability 1', { probability: 1 }, ['503', '503', '503', '503']],
    ['another operation', { op: 'cancel' }, ['ok', 'ok', 'ok', 'ok']],
    ['every operation', { op: '*' }, ['503', '503', '503', '503']],
    ['this task', { task: 'task-1' }, ['503', '503', '503', '503']],
    ['the end of the task id', { task: '-1' }, ['503', '503', '503', '503']],
    ['another task', { task: 'task-2' }, ['ok', 'ok', 'ok', 'ok']],
    ['the beginning of the task id', { task: 'task' }, ['ok', 'ok', 'ok', 'ok']],
    ['a regular expression', { task: '/^task-[0-9]$/' }, ['503', '503', '503', '503']],
    ['another regular expression', { task: '/^x/' }, ['ok', 'ok', 'ok', 'ok']],
    ['a point, which is no pattern', { task: 'task.1' }, ['ok', 'ok', 'ok', 'ok']],
  ])('given %s -> then only those fail', async (_name, more, expected) => {
    const all = await emulated({ faults: [rule('create', fault, more)] });
    expect(await creates(all, 4, task('task-1'))).toEqual(expected);
    expect(all.emulator.faultsFired()).toEqual([expected.filter((outcome) => outcome === '503').length]);
  });

  test('given nth and several tasks -> then each task is counted for itself', async () => {
    const all = await emulated({ faults: [rule('create', fault, { nth: 1 })] });
    expect(await creates(all, 2, task('a'))).toEqual(['503', 'ok']);
    expect(await creates(all, 2, task('b'))).toEqual(['503', 'ok']);
  });

  test('given a rule for a task -> then later requests about its response count as of the task', async () => {
    const { client, create } = await emulated({ faults: [rule('retrieve', fault, { task: 'a' })] });
    const [a, b] = [await create(task('a')), await create(task('b'))];
    expect(await outcomeOf(client.responses.retrieve(a))).toBe('503');
    expect(await outcomeOf(client.responses.retrieve(b))).toBe('ok');
  });

  test('given two rules that fit -> then the first decides, and the second has counted', async () => {
    const second = rule('create', { kind: 'status', status: 500 }, { nth: 2 });
    const all = await emulated({ faults: [rule('create', fault, { nth: 1 }), second] });
    expect(await creates(all, 3)).toEqual(['503', '500', 'ok']);
  });

  async function drawn(seed: number): Promise<string> {
    const all = await emulated({ seed, faults: [rule('create', fault, { probability: 0.5 })] });
    return (await creates(all, 24)).join();
  }

  test('given the same seed -> then the same requests fail', async () => {
    const runs = await Promise.all([drawn(7), drawn(7), drawn(8)]);
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(new Set(runs[0]?.split(','))).toEqual(new Set(['ok', '503']));
  });

  test('given a task id that is no text -> then the request is refused, and the emulator lives', async () => {
    const all = await emulated({ faults: [rule('create', fault, { task: 'a' })] });
    expect(await creates(all, 1, { metadata: { task_id: 5 } })).toEqual(['400']);
    expect(all.emulator.ledger().calls).toMatchObject([{ op: 'create', status: 400, task: null }]);
  });

  test('given new rules while it runs -> then they hold from then on', async () => {
    const all = await emulated({ faults: [rule('create', fault)] });
    expect(await creates(all, 1)).toEqual(['503']);
    all.emulator.setFaults([]);
    expect(await creates(all, 1)).toEqual(['ok']);
    const url = all.emulator.url.replace('/v1', '/emulator/faults');
    await fetch(url, { method: 'POST', body: JSON.stringify([rule('create', fault)]) });
    expect(await creates(all, 1)).toEqual(['503']);
  });
});

describe('bad fault plans', () => {
  test.each<[string, unknown, RegExp]>([
    ['no list', {}, /^Bad fault plan: plan: .*array/],
    ['no fault', [{ op: 'create' }], /0\.do: /],
    ['an unknown kind', [{ do: { kind: 'explode' } }], /0\.do\.kind: /],
    ['an unknown operation', [{ op: 'creat', do: { kind: 'drop' } }], /0\.op: .*"create"/],
    ['a misspelt field', [{ nht: 1, do: { kind: 'drop' } }], /0: .*"nht"/],
    ['a misspelt field of a fault', [{ do: { kind: 'drop', acept: true } }], /0\.do: .*"acept"/],
    ['a wrong status', [{ do: { kind: 'status', status: 42 } }], /0\.do\.status: /],
    ['no milliseconds', [{ do: { kind: 'delay' } }], /0\.do\.ms: /],
    ['less than no time', [{ do: { kind: 'late', ms: -1 } }], /0\.do\.ms: /],
    ['a probability of 2', [{ probability: 2, do: { kind: 'drop' } }], /0\.probability: /],
    ['nth 0', [{ nth: 0, do: { kind: 'drop' } }], /0\.nth: /],
    ['a broken expression', [{ task: '/(/', do: { kind: 'drop' } }], /0\.task: .*regular expression/],
    ['a bad second rule', [{ do: { kind: 'drop' } }, { do: { kind: 'hang', ms: 'x' } }], /1\.do\.ms: /],
  ])('given %s -> then it is refused at once, with the place', async (_name, faults, expected) => {
    await expect(startEmulator({ faults: faults as FaultRule[] })).rejects.toThrow(expected);
    const { emulator } = await emulated();
    const body = JSON.stringify(faults);
    const reply = await fetch(emulator.url.replace('/v1', '/emulator/faults'), { method: 'POST', body });
    expect([reply.status, emulator.faultsFired()]).toEqual([400, []]);
  });
});
