/** Which way of watching a task uses, and when it looks then. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TaskInput, TaskOptions, TaskProgress } from '../src/contracts';
import { resolveSettings } from '../src/settings';
import { freshProgress } from '../src/workflows/fresh-progress';
import { firstMode, intervalsOf, leaveStream, recheckSoon } from '../src/workflows/modes';
import { netLooksMs } from '../src/workflows/net-schedule';

const INPUT: TaskInput = { request: { model: 'o3', input: 'Why do otters hold hands?' } };
const WEBHOOK: TaskOptions = { watch: 'webhook', safetyNetSeconds: [900, 3600] };
const FAULT = { type: 'Upstream.Unavailable' } as TaskProgress['lastFault'];

function taskOf(options: TaskOptions, fields: Partial<TaskProgress> = {}) {
  const settings = resolveSettings(options);
  return { settings, progress: { ...freshProgress(INPUT, settings), ...fields } };
}

function intervals(options: TaskOptions, fields: Partial<TaskProgress> = {}): number[] {
  const { settings, progress } = taskOf(options, fields);
  return intervalsOf(settings, progress);
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each(['poll', 'stream', 'webhook'] as const)('given watch %s -> then that', (watch) => {
  expect(firstMode(resolveSettings({ watch }))).toBe(watch);
});

test('given auto -> then a stream at first', () => {
  expect(firstMode(resolveSettings({ watch: 'auto' }))).toBe('stream');
});

test('given the net of a webhook -> then its first four looks are told, none after the deadline', () => {
  const net = { settings: resolveSettings(WEBHOOK), pollIndex: 0, sinceMs: 1_000, cancel: () => undefined };
  expect(netLooksMs(net, 1e9)).toEqual([901_000, 4_501_000, 8_101_000, 11_701_000]);
  expect(netLooksMs(net, 5_000_000)).toEqual([901_000, 4_501_000, 5_000_000]);
});

describe('intervals', () => {
  test('given poll -> then the schedule, after a fault, too', () => {
    expect(intervals({ pollIntervalsSeconds: [1, 7] }, { lastFault: FAULT })).toEqual([1, 7]);
  });

  test('given a webhook -> then the net; after a fault a minute', () => {
    expect(intervals(WEBHOOK)).toEqual([900, 3600]);
    expect(intervals(WEBHOOK, { lastFault: FAULT })).toEqual([60]);
  });

  test('given a hint -> then 5 s, then 60 s, and never later than without it', () => {
    expect(intervals(WEBHOOK, { rechecks: 2 })).toEqual([5]);
    expect(intervals(WEBHOOK, { rechecks: 1 })).toEqual([60]);
    expect(intervals({ pollIntervalsSeconds: [3] }, { rechecks: 2 })).toEqual([3]);
  });

  test.each([
    ['long', [10], 2],
    ['short', [5], 0],
  ])(
    'given a hint, and a next wait that is %s -> then %s s, %i looks soon',
    (_name, pollIntervalsSeconds, rechecks) => {
      const { settings, progress } = taskOf({ pollIntervalsSeconds, inlineWaitSeconds: 5 });
      recheckSoon(progress, settings);
      expect(progress.rechecks).toBe(rechecks);
    },
  );
});

describe('a stream that is given up', () => {
  test.each([
    ['auto', true, 'webhook'],
    ['auto', false, 'poll'],
    ['stream', true, 'poll'],
  ] as const)('given watch %s, and a receiver: %s -> then %s, and the reason is told', (watch, webhookReceiver, to) => {
    const { settings, progress } = taskOf({ watch, webhookReceiver });
    leaveStream(progress, settings, 'out of order');
    expect(progress.watched).toEqual({ mode: to, fallbacks: [{ from: 'stream', to, reason: 'out of order' }] });
  });

  test.each([
    [0, 0],
    [0.5, 0],
    [2, 1],
    [7, 2],
    [17, 3],
    [5000, 5],
  ])('given a run of %d s -> then looks begin at place %i of the schedule', (ageSeconds, pollIndex) => {
    const { settings, progress } = taskOf({ watch: 'stream' });
    vi.setSystemTime(ageSeconds * 1000);
    leaveStream(progress, settings, 'out of order');
    expect(progress.pollIndex).toBe(pollIndex);
  });
});
