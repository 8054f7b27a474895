/** Defaults, bounds and waits: what a task does when nobody says otherwise. */
import { describe, expect, test } from 'vitest';
import type { TaskOptions } from '../src/contracts';
import { DEFAULT_SETTINGS, nextWaitSeconds, pollInterval, resolveSettings, waitingProblems } from '../src/settings';

const calm = { retryAfterSeconds: null, fault: null };
const trouble = { retryAfterSeconds: null, fault: {} };

describe('defaults', () => {
  test('given no options -> then looks after 1, 2, 5, 10, 30, 60 s, an hour at most, and cancelled at its end', () => {
    expect(resolveSettings()).toEqual({
      watch: 'poll',
      safetyNetSeconds: [900, 3600, 21_600, 86_400],
      pollIntervalsSeconds: [1, 2, 5, 10, 30, 60],
      inlineWaitSeconds: 5,
      maxWaitSeconds: 3600,
      onTimeout: 'cancel',
      onAmbiguousCreate: 'retry',
      priority: 'medium',
      labels: {},
      files: [],
      maxOutputBytes: 64 * 1024 * 1024,
    });
  });

  test('given undefined -> then the default; given a value -> then that, and the other defaults', () => {
    const { maxWaitSeconds, onTimeout } = resolveSettings({ maxWaitSeconds: undefined, onTimeout: 'leave' });
    expect([maxWaitSeconds, onTimeout]).toEqual([DEFAULT_SETTINGS.maxWaitSeconds, 'leave']);
  });
});

describe('the wait before the next look', () => {
  test.each([
    [0, 1],
    [2, 5],
    [3, 5],
    [1000, 5],
  ])('given place %i in [1, 2, 5] -> then %i s', (pollIndex, seconds) => {
    expect(pollInterval([1, 2, 5], pollIndex)).toBe(seconds);
  });

  test.each([
    ['no fault', [0.2], calm, 0.2],
    ['a fault', [0.2], trouble, 1],
    ['a fault, and a longer interval', [7], trouble, 7],
    ['a Retry-After that is longer', [7], { ...trouble, retryAfterSeconds: 30 }, 30],
    ['a Retry-After that is shorter', [7], { ...trouble, retryAfterSeconds: 3 }, 7],
  ])('given %s -> then the longest of what must be waited', (_name, intervals, at, seconds) => {
    expect(nextWaitSeconds(intervals, { pollIndex: 0, ...at })).toBe(seconds);
  });
});

describe('bounds', () => {
  test.each<[TaskOptions]>([
    [{}],
    [{ pollIntervalsSeconds: [0.1, 86_400], safetyNetSeconds: [900], maxWaitSeconds: 1, maxQueuedSeconds: 31_536_000 }],
    [{ inlineWaitSeconds: 0, pollIntervalsSeconds: Array.from({ length: 100 }, () => 1) }],
    [{ inlineWaitSeconds: 15 }],
  ])('given %o -> then no problem', (options) => {
    expect(waitingProblems(options)).toEqual([]);
  });

  test.each<[string, TaskOptions]>([
    ['pollIntervalsSeconds', { pollIntervalsSeconds: [] }],
    ['pollIntervalsSeconds', { pollIntervalsSeconds: [1, 0.05] }],
    ['pollIntervalsSeconds', { pollIntervalsSeconds: Array.from({ length: 101 }, () => 1) }],
    ['safetyNetSeconds', { safetyNetSeconds: [86_401] }],
    ['maxWaitSeconds', { maxWaitSeconds: 0.5 }],
    ['maxWaitSeconds', { maxWaitSeconds: Infinity }],
    ['maxQueuedSeconds', { maxQueuedSeconds: 31_536_001 }],
    ['inlineWaitSeconds', { inlineWaitSeconds: -1 }],
    ['inlineWaitSeconds', { inlineWaitSeconds: 16 }],
  ])('given a bad %s -> then one problem, which names it', (name, options) => {
    const problems = waitingProblems(options);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: expected`));
  });
});
