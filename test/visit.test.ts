import type { Response } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { answerKeeper } from '../src/activities/answer-keeper';
import { newReport, pause, visit, VISIT_SECONDS, type VisitDeps } from '../src/activities/visit';
import { folderStore } from '../src/store';
import type { VisitPlan, VisitReport } from '../src/contracts';
import { ProtocolError, toFault, type Upstream } from '../src/upstream';
import { APIError } from 'openai';
import { planOf } from './helpers/plans';

const ID = 'resp_1';
const NOW_MS = Date.UTC(2026, 0, 1);

type Look = string | Error | (() => Promise<never>);

const bodyOf = (status: string) =>
  ({ id: ID, status, model: 'o3', output: [], created_at: NOW_MS / 1000 }) as unknown as Response;

const failure = (status: number, headers: Record<string, string> = {}) =>
  APIError.generate(status, { error: { message: 'No.', type: 'x', code: null } }, undefined, new Headers(headers));

/** An upstream that answers each look with the next of `looks`, and then with the last for ever. */
function upstreamOf(looks: Look[], include: string[][] = []): Upstream {
  let count = 0;
  const retrieve: Upstream['retrieve'] = (_id, asked) => {
    include.push(asked);
    const next = looks[Math.min(count++, looks.length - 1)] ?? 'completed';
    if (typeof next === 'function') return next();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(bodyOf(next));
  };
  return { retrieve, secrets: ['hunter-22'] } as Partial<Upstream> as Upstream;
}

function run(
  looks: Look[],
  plan: Partial<VisitPlan> = {},
  deps: Partial<VisitDeps> = {},
  before: Partial<VisitReport> = {},
): Promise<VisitReport> {
  const whole = planOf(plan);
  const signal = new AbortController().signal;
  const keepAnswer = answerKeeper(folderStore('/nowhere'));
  return visit({ ...newReport(ID, whole), ...before }, whole, {
    upstream: upstreamOf(looks),
    keepAnswer,
    signal,
    secrets: () => undefined,
    nowMs: () => NOW_MS,
    ...deps,
  });
}

/** A clock that moves by this much every time it is asked. */
const ticking = (stepMs: number) => {
  let nowMs = NOW_MS;
  return () => (nowMs += stepMs);
};

describe('looks of a visit', () => {
  test('given short waits -> then it stays until the end', async () => {
    const report = await run(['queued', 'in_progress', 'in_progress', 'completed']);
    expect(report).toMatchObject({ responseId: ID, model: 'o3', upstreamStatus: 'completed', polls: 4, pollIndex: 3 });
    expect(report.answer).toMatchObject({ status: 'completed', output: [] });
    expect(report.createdAt).toBe('2026-01-01T00:00:00.000Z');
    expect(report.startedAt).toBe('2026-01-01T00:00:00.000Z');
  });

  test.each(['completed', 'failed', 'incomplete', 'cancelled'])(
    'given %s -> then the visit is over',
    async (status) => {
      expect(await run([status])).toMatchObject({ upstreamStatus: status, polls: 1, answer: { status } });
    },
  );

  test('given a status that is not known -> then it is counted, not taken for the end', async () => {
    const report = await run(['queued', 'paused', 'paused', 'completed']);
    expect(report).toMatchObject({ polls: 4, unknownStatuses: { paused: 2 }, answer: { status: 'completed' } });
  });

  test('given an unknown status without end -> then its name is cut', async () => {
    const report = await run(['x'.repeat(5000), 'completed']);
    expect(report.unknownStatuses).toEqual({ ['x'.repeat(40)]: 1 });
  });

  test('given include of the request -> then every look asks for it', async () => {
    const asked: string[][] = [];
    await run([], { include: ['a', 'b'] }, { upstream: upstreamOf(['queued', 'completed'], asked) });
    expect(asked).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  test('given onLook -> then it is told after every look', async () => {
    const seen: (string | null)[] = [];
    await run(['queued', 'in_progress', 'completed'], {}, { onLook: (report) => seen.push(report.upstreamStatus) });
    expect(seen).toEqual(['queued', 'in_progress', 'completed']);
  });

  test('given secrets that another worker has sent -> then the values are asked for, to be hidden in the answer', async () => {
    const asked: string[] = [];
    const secrets = (name: string) => {
      asked.push(name);
      return 'a value of some length';
    };
    await run(['queued'], { secretNames: ['SENT_BY_ANOTHER'], inlineWaitSeconds: 0 }, { secrets });
    expect(asked).toEqual(['SENT_BY_ANOTHER']);
  });

  test('given a model that is no text -> then null', async () => {
    const odd = { ...bodyOf('completed'), model: { name: 'o3' } } as unknown as Response;
    const upstream = { retrieve: () => Promise.resolve(odd), secrets: [] } as Partial<Upstream> as Upstream;
    expect((await run([], {}, { upstream })).model).toBeNull();
  });
});

describe('waits of a visit', () => {
  test('given a first wait that is too long -> then it comes back without a look', async () => {
    const report = await run(['completed'], { lookFirst: false, intervalsSeconds: [60] });
    expect(report).toMatchObject({ polls: 0, pollIndex: 0, answer: null });
  });

  test('given lookFirst -> then it looks before that wait', async () => {
    expect(await run(['queued'], { intervalsSeconds: [60] })).toMatchObject({ polls: 1, pollIndex: 0, answer: null });
  });

  test('given a long wait after short ones -> then the place in the schedule is kept for the timer', async () => {
    const report = await run(['queued'], { intervalsSeconds: [0.001, 0.001, 60] });
    expect(report).toMatchObject({ polls: 3, pollIndex: 2 });
  });

  test('given no inline waits -> then one look', async () => {
    expect(await run(['queued'], { inlineWaitSeconds: 0 })).toMatchObject({ polls: 1, pollIndex: 0 });
  });

  test('given short waits for ever -> then the visit ends after its time', async () => {
    const report = await run(['in_progress'], {}, { nowMs: ticking((VISIT_SECONDS * 1000) / 8) });
    expect(report.answer).toBeNull();
    expect(report.polls).toBeGreaterThan(1);
    expect(report.polls).toBeLessThan(10);
  });

  test('given the deadline of the task -> then it comes back at it, not after it', async () => {
    const report = await run(['in_progress'], { intervalsSeconds: [0.001, 4], maxSeconds: 0.01 });
    expect(report).toMatchObject({ polls: 2, answer: null });
  });

  test('given the deadline for queued and a response that is queued -> then it comes back at it', async () => {
    const plan = { intervalsSeconds: [0.001, 4], maxQueuedSeconds: 0.01 };
    expect(await run(['queued'], plan)).toMatchObject({ polls: 2, upstreamStatus: 'queued' });
  });

  test('given the deadline for queued and a response that runs -> then it stays', async () => {
    const plan = { intervalsSeconds: [0.001, 0.02], maxQueuedSeconds: 0.01 };
    expect((await run(['queued', 'in_progress', 'completed'], plan)).answer).not.toBeNull();
  });
});

describe('faults during a visit', () => {
  test('given a 404 -> then the wait belongs to the timer, so that the next look confirms it', async () => {
    const report = await run([failure(404)], { missing: 1 });
    expect(report).toMatchObject({ polls: 1, missing: 2, fault: { type: 'Upstream.NotFound' }, answer: null });
  });

  test('given a success after 404s -> then they are forgotten', async () => {
    expect(await run(['completed'], { missing: 2 })).toMatchObject({ missing: 0, fault: null });
  });

  test('given a success after a fault -> then neither the fault nor its retry-after is told', async () => {
    const before = { fault: toFault(failure(503), NOW_MS), retryAfterSeconds: 30 };
    const report = await run(['queued'], { inlineWaitSeconds: 0 }, {}, before);
    expect(report).toMatchObject({ polls: 1, fault: null, retryAfterSeconds: null });
  });

  test('given a long retry-after -> then the wait is lengthened and left to the timer', async () => {
    const report = await run([failure(429, { 'retry-after': '30' })]);
    expect(report).toMatchObject({ polls: 1, retryAfterSeconds: 30, fault: { type: 'Upstream.RateLimited' } });
  });

  test('given a retry-after of the look before -> then the first wait has it too', async () => {
    expect(await run(['completed'], { lookFirst: false, retryAfterSeconds: 30 })).toMatchObject({ polls: 0 });
  });

  test('given any fault -> then the next wait is at least a second', async () => {
    expect(await run([failure(503)], { inlineWaitSeconds: 0.5 })).toMatchObject({ polls: 1, missing: 0 });
  });

  test('given a look that failed before the visit -> then its first wait is at least a second', async () => {
    const plan = { lookFirst: false, inlineWaitSeconds: 0.5 };
    const fault = toFault(failure(503), NOW_MS);
    expect(await run(['completed'], { ...plan, fault })).toMatchObject({ polls: 0, fault });
    expect(await run(['completed'], plan)).toMatchObject({ polls: 1, fault: null });
  });

  test('given another fault after a 404 -> then that says nothing of a 404', async () => {
    expect(await run([failure(503)], { missing: 1, inlineWaitSeconds: 0 })).toMatchObject({ polls: 1, missing: 0 });
  });

  test('given an answer that is none -> then it is a fault in the report, not an exception', async () => {
    const report = await run([new ProtocolError('Odd: hunter-22.')], { inlineWaitSeconds: 0 });
    expect(report.fault).toMatchObject({ type: 'Upstream.Protocol', message: 'Odd: ***.' });
  });
});

describe('aborted visits', () => {
  test('given an abort before -> then no look', async () => {
    expect(await run(['completed'], {}, { signal: AbortSignal.abort() })).toMatchObject({ polls: 0, answer: null });
  });

  test('given an abort during a wait -> then the report so far, at once', async () => {
    const controller = new AbortController();
    const onLook = () => setImmediate(() => controller.abort());
    const report = await run(['in_progress'], { intervalsSeconds: [5] }, { signal: controller.signal, onLook });
    expect(report).toMatchObject({ polls: 1, pollIndex: 0, upstreamStatus: 'in_progress' });
  });

  test('given an abort during a look -> then it says nothing about upstream', async () => {
    const controller = new AbortController();
    const cut = () => {
      controller.abort();
      return Promise.reject(new DOMException('This operation was aborted', 'AbortError'));
    };
    const report = await run(['queued', cut], {}, { signal: controller.signal });
    expect(report).toMatchObject({ polls: 1, fault: null, upstreamStatus: 'queued' });
  });

  test('given a pause that ends -> then its signal holds no listener of it', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counting = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => listeners++,
      removeEventListener: () => listeners--,
    });
    Object.defineProperty(counting, 'aborted', { value: false });
    await pause(0.001, counting);
    expect(listeners).toBe(0);
  });
});
