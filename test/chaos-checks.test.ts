/** The judge of chaos runs: for each promise something that breaks it, which has to be named, and what must pass. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { describe, expect, test } from 'vitest';
import { checkAnswers, sha256 } from '../chaos/checks/answers';
import { checkCanaries, hitsIn, hitsInFile } from '../chaos/checks/canaries';
import { checkEnds, checkLiveness } from '../chaos/checks/ends';
import type { Broken } from '../chaos/checks/evidence';
import { checkGaps } from '../chaos/checks/gaps';
import { checkSizes, checkTaskSize } from '../chaos/checks/histories';
import { checkCreates } from '../chaos/checks/money';
import { checkBatch } from '../chaos/checks/records';
import { overlapsIn } from '../chaos/checks/overlaps';
import { checkReplay } from '../chaos/checks/replay';
import { checkLeftovers, checkRunning } from '../chaos/checks/running';
import { checkWork } from '../chaos/checks/work';
import type { TaskResult } from '../src/contracts';
import { aCall, aCreate, aLedger, anEnd, anOrphan, aTaskResult } from './helpers/ledgers';
import { temporaryFolder } from './helpers/embedded';
import { aRecord } from './helpers/records';
import { HISTORIES } from './helpers/recordings';
import { WORKFLOW_BUNDLE } from './helpers/world';

const said = (found: Broken[]): string[] => found.map(({ invariant, what }) => `${invariant} ${what}`);

describe('I1: every task ends as one thing, and truly', () => {
  const planned = [{ taskId: 't', mayEndAs: ['completed'] as const }];
  const statuses = { a: 'completed' };

  test('given a task that ended as planned and as upstream says -> nothing', () => {
    expect(checkEnds(planned, [anEnd()], statuses)).toEqual([]);
  });

  test.each([
    ['no workflow', [], 'knows no such task'],
    ['one that failed', [{ ...anEnd(), execution: 'FAILED' }], 'closed as FAILED'],
    ['one without a result', [{ ...anEnd(), result: null }], 'closed without a result'],
    ['a status that there is not', [anEnd({ status: 'done' as 'completed' })], 'ended as done'],
    ['another end than planned', [anEnd({ status: 'timed_out', notCleaned: ['a'] })], 'timed_out, expected completed'],
  ])('given %s -> named', (_, ends, words) => {
    expect(said(checkEnds(planned, ends, statuses))).toEqual([expect.stringContaining(words) as string]);
  });

  test('given a completed task whose response runs, or does not exist -> named', () => {
    expect(said(checkEnds([], [anEnd()], { a: 'in_progress' }))).toEqual([
      'I1 t: completed, upstream says in_progress',
    ]);
    expect(checkEnds([], [anEnd({ responseId: null })], {})).toHaveLength(1);
  });

  test('given `unknown` without a create that was lost -> named', () => {
    const unknown = { status: 'unknown' as const, responseId: null };
    expect(said(checkEnds([], [anEnd(unknown)], {}))).toEqual(['I1 t: unknown, and no create was lost']);
    expect(checkEnds([], [anEnd({ ...unknown, possibleOrphans: [anOrphan('t', 1)] })], {})).toEqual([]);
  });

  test('given a cancelled task whose response had completed -> named, unless it could not be asked', () => {
    const cancelled = { status: 'cancelled' as const };
    expect(said(checkEnds([], [anEnd(cancelled)], statuses))).toEqual(['I1 t: cancelled, upstream says completed']);
    expect(checkEnds([], [anEnd({ ...cancelled, notCleaned: ['response a may ...'] })], statuses)).toEqual([]);
  });
});

describe('I2: creates', () => {
  const twice = [aCreate('a', 't', 1), aCreate('b', 't', 2)];
  const calls = [aCall({ op: 'create' })];

  test('given a second create that is named -> nothing; that is not named -> silent', () => {
    const named = aTaskResult({ responseId: 'b', possibleOrphans: [anOrphan('t', 1)] });
    expect(checkCreates([named], { creates: twice, calls })).toEqual([]);
    const silent = aTaskResult({ responseId: 'b' });
    expect(said(checkCreates([silent], { creates: twice, calls }))).toEqual(['I2 a: t attempt 1 is in no record']);
  });

  test('given one attempt that was created twice -> named, although an orphan of it is reported', () => {
    const result = aTaskResult({ responseId: 'b', possibleOrphans: [anOrphan('t', 1)] });
    const creates = [aCreate('a', 't', 1), aCreate('b', 't', 1)];
    expect(said(checkCreates([result], { creates, calls }))).toEqual(['I2 t attempt 1 was created twice: a and b']);
  });

  test('given a call that the client repeated, or three lost creates -> named', () => {
    const again = checkCreates([], { creates: [], calls: [aCall({ op: 'create', retryCount: 1 })] });
    expect(said(again)).toEqual(['I2 create for t: sent again by the client itself']);
    const lost = [1, 2, 3].map((attempt) => anOrphan('t', attempt));
    expect(
      checkCreates([aTaskResult({ responseId: null, possibleOrphans: lost })], { creates: [], calls }),
    ).toHaveLength(1);
  });

  test('given a result with a response that was never created -> named', () => {
    expect(said(checkCreates([aTaskResult()], { creates: [], calls }))).toEqual(['I2 a: in a record, never created']);
  });
});

describe('I3: nothing is left', () => {
  const { cancels, creates } = aLedger();

  test('given a response that its task knew and that runs -> named; cancelled, or in notCleaned -> nothing', () => {
    const ended = anEnd({ status: 'timed_out' });
    const statuses = { a: 'in_progress' };
    expect(said(checkRunning([ended], { cancels, creates }, statuses))).toEqual([
      'I3 t: ended as timed_out, and a is in_progress upstream',
    ]);
    expect(checkRunning([ended], { creates, cancels: [{ id: 'a', at: 1, status: 200 }] }, statuses)).toEqual([]);
    expect(checkRunning([ended], { creates, cancels: [{ id: 'a', at: 1, status: 503 }] }, statuses)).toHaveLength(1);
    expect(checkRunning([anEnd({ notCleaned: ['response a may still run'] })], { cancels, creates }, statuses)).toEqual(
      [],
    );
  });

  test('given a task that closed without a result, and whose response runs -> named', () => {
    const ended = { ...anEnd(), result: null };
    const ledger = { cancels, creates: [aCreate('a', 't')] };
    expect(said(checkRunning([ended], ledger, { a: 'in_progress' }))).toEqual([
      'I3 t: closed as COMPLETED without a result, and a is in_progress upstream',
    ]);
  });

  test('given an orphan whose id is known and that runs -> named', () => {
    const ended = anEnd({ responseId: 'b', possibleOrphans: [anOrphan('t', 1, 'a')] });
    expect(checkRunning([ended], { cancels, creates }, { a: 'queued', b: 'completed' })).toHaveLength(1);
  });

  test('given an upload that was not deleted -> named, unless the result names it', () => {
    const live = { files: ['file-1'], containers: [], vectorStores: ['vs_1'] };
    expect(said(checkLeftovers(live, ['vector store vs_1: 503']))).toEqual([
      'I3 file-1 (files): not deleted, and named nowhere',
    ]);
  });
});

describe('I4: answers', () => {
  test('given another text, or none -> named', () => {
    const pair = { taskId: 't', responseId: 'a', ours: sha256('x'), upstream: sha256('x') };
    expect(checkAnswers([pair])).toEqual([]);
    expect(checkAnswers([{ ...pair, ours: sha256('y') }])).toHaveLength(1);
    expect(said(checkAnswers([{ ...pair, ours: null }]))[0]).toContain('I4 t: has nothing');
    expect(checkAnswers([{ ...pair, upstream: null, ours: null }])).toHaveLength(1);
  });
});

describe('I5: canaries', () => {
  const canaries = { key: 'canary-key', prompt: 'canary-prompt' };
  const sent = { key: 1, prompt: 1 };

  test('given one in a place where it is not meant to be -> named, without its value', () => {
    const hits = {
      log: hitsIn('x canary-key y canary-key', canaries),
      results: hitsIn('canary-prompt', canaries),
    };
    expect(said(checkCanaries({ hits, meant: { results: ['prompt'] }, sent }))).toEqual(['I5 key in log: 2 times']);
  });

  test('given one that was never sent -> the scan proves nothing', () => {
    expect(said(checkCanaries({ hits: {}, sent: { key: 1, prompt: 0 } }))).toEqual([
      'work canary prompt: never sent, not finding it proves nothing',
    ]);
  });

  test('given one that lies over the edge of two pieces of a large file -> found once', async () => {
    const { path, remove } = await temporaryFolder();
    const file = join(path, 'large');
    await writeFile(file, `${'x'.repeat(65_530)}canary-key${'y'.repeat(65_536)}canary-prompt canary-key`);
    expect(await hitsInFile(file, canaries)).toEqual({ key: 2, prompt: 1 });
    expect(await hitsInFile(join(path, 'none'), canaries)).toEqual({ key: 0, prompt: 0 });
    await remove();
  });
});

describe('I6: replay', () => {
  const read = (name: string) => readFileSync(join(HISTORIES, `${name}.json`), 'utf8');
  const replay = (text: string) =>
    checkReplay([{ workflowId: 'recorded', history: JSON.parse(text) as unknown }], {
      workflowBundle: WORKFLOW_BUNDLE,
    });

  test('given a recorded history -> replays; one of other code -> named', async () => {
    expect(await replay(read('task-completed'))).toEqual({ histories: 1, broken: [] });
    const other = await replay(read('task-completed').replaceAll('"startResponse"', '"otherActivity"'));
    expect(said(other.broken)).toEqual([expect.stringMatching(/^I6 recorded: .*Nondeterminism/i) as string]);
  });
});

describe('I7: gaps between looks', () => {
  const creates = [aCreate('a', 't')];
  const schedules = [{ taskId: 't', leastSeconds: 0.5 }];
  const looks = (...times: [at: number, status?: number][]) => times.map(([at, status = 200]) => aCall({ at, status }));
  const gaps = (calls: ReturnType<typeof looks>) => said(checkGaps({ creates, calls }, schedules));

  test('given looks by the schedule -> nothing; a closer one -> named', () => {
    expect(gaps(looks([500], [1000], [1500]))).toEqual([]);
    expect(gaps(looks([500], [1000], [1300]))).toEqual(['I7 t: a look 300 ms after another, least 500']);
  });

  test('given a close look while two attempts may be at work -> nothing; one after that -> named', () => {
    const twice = [{ taskId: 't', leastSeconds: 0.5, overlaps: [{ fromMs: 900, untilMs: 1400 }] }];
    const calls = looks([500], [800], [1100], [1800], [2000]);
    expect(said(checkGaps({ creates, calls }, twice))).toEqual([
      'I7 t: a look 300 ms after another, least 500',
      'I7 t: a look 200 ms after another, least 500',
    ]);
  });

  test('given a look 600 ms after one that failed -> named', () => {
    expect(gaps(looks([500, 503], [1100]))).toEqual(['I7 t: a look 600 ms after another, least 1000']);
  });

  test('given a look after the end or after a cancel -> somebody asked for it', () => {
    expect(gaps(looks([9900], [10_001]))).toEqual([]);
    expect(gaps([...looks([500]), aCall({ op: 'cancel', at: 600 }), ...looks([610])])).toEqual([]);
  });

  test('given one more look before a stop for the time in the queue -> nothing; two -> named', () => {
    const queueEnded = [{ taskId: 't', leastSeconds: 0.5, isQueueEnded: true }];
    const cancel = aCall({ op: 'cancel', at: 1300 });
    const closeOnes = (...times: number[]) =>
      said(checkGaps({ creates, calls: [...looks(...times.map((at): [number] => [at])), cancel] }, queueEnded));
    expect(closeOnes(500, 1000, 1100)).toEqual([]);
    expect(closeOnes(500, 1000, 1100, 1200)).toEqual(['I7 t: a look 100 ms after another, least 500']);
  });

  test('given nine calls within a second, of whatever kind -> a hot loop', () => {
    const calls = [0, 100, 200, 300, 400, 500, 600, 700, 800].map((at) =>
      aCall({ id: 'b', op: 'stream', at: 20_000 + at }),
    );
    expect(said(checkGaps({ creates, calls }, []))).toEqual(['I7 t: more than 8 calls for b within a second']);
    expect(checkGaps({ creates, calls: calls.slice(1) }, [])).toEqual([]);
  });
});

describe('when two attempts of an activity may be at work', () => {
  /** As a client gets it. */
  const history = (...events: object[]) => {
    const scheduled = { eventId: '5', eventTime: at(0), activityTaskScheduledEventAttributes: {} };
    const { History } = temporal.api.history.v1;
    return History.decode(History.encode(historyFromJSON({ events: [scheduled, ...events] })).finish());
  };
  const startMs = Date.UTC(2026, 0, 1);
  const at = (seconds: number) => new Date(startMs + seconds * 1000).toISOString();
  const span = (from: number, until: number) => [{ fromMs: startMs + from * 1000, untilMs: startMs + until * 1000 }];
  const started = (seconds: number, attempt: number, lastFailure?: object) => {
    return {
      eventTime: at(seconds),
      activityTaskStartedEventAttributes: { scheduledEventId: '5', attempt, ...(lastFailure && { lastFailure }) },
    };
  };

  test('given one that timed out and was not tried again -> for 25 s from then', () => {
    const timedOut = { eventTime: at(11.5), activityTaskTimedOutEventAttributes: {} };
    expect(overlapsIn(history(timedOut))).toEqual(span(11.5, 36.5));
  });

  test('given one that timed out and was tried again -> from its beginning to 25 s after the second one began', () => {
    expect(overlapsIn(history(started(10, 2, { timeoutFailureInfo: {} })))).toEqual(span(0, 35));
  });

  test('given one that failed, or its first attempt -> never', () => {
    expect(overlapsIn(history(started(10, 2, { applicationFailureInfo: {} })))).toEqual([]);
    expect(overlapsIn(history(started(1, 1)))).toEqual([]);
  });
});

test('I8: given a task that is still open -> named with the time', () => {
  expect(said(checkLiveness([anEnd(), { taskId: 'u', execution: 'RUNNING' }], 61.2))).toEqual([
    'I8 u: still open 61 s after the last fault',
  ]);
});

describe('I9: records of a batch', () => {
  const line = { id: 'item-0001', mayEndAs: ['completed'] as const, prompt: 'Why?' };
  const record = aRecord({ result: 'You asked: Why?' });

  test('given the record of the line -> nothing', () => {
    expect(checkBatch('b', [record], [line])).toEqual([]);
  });

  test.each([
    ['none', [], '0 records for 1 lines'],
    ['one too many', [record, record], '2 records for 1 lines'],
    ['one of another item', [{ ...record, id: 'item-0002' }], 'is item-0002, expected item-0001'],
    ['one at another place', [{ ...record, index: 1 }], 'has index 1'],
    ['another end', [aRecord({ status: 'failed' })], 'failed, expected completed'],
    ['the answer of another', [aRecord({ result: 'You asked: What?' })], 'does not quote its own prompt'],
  ])('given %s -> named', (_, records, words) => {
    expect(said(checkBatch('b', records, [line])).join()).toContain(words);
  });
});

describe('I10: histories', () => {
  const size = { workflowId: 't', events: 52, bytes: 4000, types: {}, createsTried: 1, streams: 0 };
  const polls = 2;

  test('given more events than the looks need -> named; what was done to it has its own', () => {
    expect(checkTaskSize(size, { polls })).toEqual([]);
    expect(said(checkTaskSize({ ...size, events: 53 }, { polls }))).toEqual([
      'I10 t: 53 events for 2 looks, 1 creates and 0 streams, most 52',
    ]);
    const types = { WORKFLOW_EXECUTION_SIGNALED: 1, WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 1, WORKFLOW_TASK_TIMED_OUT: 1 };
    const disturbed = { ...size, types, createsTried: 2, streams: 1 };
    expect(checkTaskSize({ ...disturbed, events: 86 }, { polls })).toEqual([]);
    expect(checkTaskSize({ ...disturbed, events: 87 }, { polls })).toHaveLength(1);
  });

  test('given a run of 10,240 events, or of 10 MB -> named', () => {
    expect(checkSizes([size])).toEqual([]);
    expect(checkSizes([{ ...size, events: 10_240 }])).toHaveLength(1);
    expect(checkSizes([{ ...size, bytes: 10 * 1024 * 1024 }])).toHaveLength(1);
  });
});

describe('minimum work', () => {
  const taskIds = Array.from({ length: 20 }, (_, i) => `t${i}`);
  const creates = taskIds.map((taskId, i) => aCreate(`r${i}`, taskId));
  const calls = [aCall({ op: 'create', task: 't0', status: 429 }), aCall({ op: 'retrieve', task: 't1' })];
  const results = [aTaskResult({ taskId: 't1', possibleOrphans: [anOrphan('t1', 1)] })];
  const work = (from: number, fired: Record<string, number> = {}) =>
    said(checkWork({ taskIds, fired }, { ledger: { creates: creates.slice(from), calls }, results }));

  test('given 18 of 20 tasks upstream, one refused, one lost by its own word, and every fault met -> nothing', () => {
    expect(work(2, { drop: 1 })).toEqual([]);
  });

  test('given a task that was never created, and nothing says why -> named', () => {
    const lookedAt = aCall({ op: 'retrieve', task: 't0' });
    const done = { ledger: { creates: creates.slice(1), calls: [lookedAt] }, results };
    expect(said(checkWork({ taskIds, fired: {} }, done))).toEqual(['work t0: never created, and nothing says why']);
  });

  test('given one whose deadline passed before it could be created -> nothing; without its word for it -> named', () => {
    const late = (fields: Partial<TaskResult>) => [...results, aTaskResult({ taskId: 't0', ...fields })];
    const ledger = { creates: creates.slice(1), calls: [] };
    const workOf = (all: TaskResult[]) => said(checkWork({ taskIds, fired: {} }, { ledger, results: all }));
    expect(workOf(late({ status: 'timed_out', responseId: null }))).toEqual([]);
    expect(workOf(late({ status: 'timed_out', responseId: 'r0' }))).toHaveLength(1);
    expect(workOf(late({ status: 'cancelled', responseId: null }))).toHaveLength(1);
  });

  test('given 17 of 20, no plan at all, or a fault that never fired -> named', () => {
    expect(work(3)).toContain('work only 17 of 20 planned tasks reached upstream');
    expect(checkWork({ taskIds: [], fired: {} }, { ledger: { creates, calls }, results })).toHaveLength(1);
    expect(work(2, { drop: 0 })).toEqual(['work fault drop: planned, never fired']);
  });
});
