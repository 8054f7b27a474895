/** What a task shows of itself: within the server's bounds whatever it is given. */
import { describe, expect, test } from 'vitest';
import type { TaskInput } from '../src/contracts';
import { priorityOf, summaryOf, taskDetails, taskSummary } from '../src/contracts/describe';

const task = (request: object, options?: TaskInput['options']): TaskInput => ({
  request: { model: 'o3', input: 'Why?', ...request },
  options,
});

describe('taskSummary', () => {
  test.each<[string, TaskInput, string]>([
    ['a plain task', task({}), 'o3 · medium priority'],
    [
      'effort, priority and tools',
      task({ reasoning: { effort: 'high' }, tools: [{ type: 'web_search' }, { type: 'mcp' }] }, { priority: 'high' }),
      'o3 · high effort · high priority · web_search, mcp',
    ],
    ['an attach', { attach: { responseId: 'resp_1' } }, 'attached to resp_1 · medium priority'],
    ['a template', { request: { prompt: { id: 'pmpt_1' } } }, 'model of the prompt · medium priority'],
  ])('given %s -> then one line', (_, input, summary) => {
    expect(taskSummary(input)).toBe(summary);
  });

  test('given a prompt -> then nothing of it is in the summary', () => {
    expect(taskSummary(task({ input: 'SENSITIVE', instructions: 'SENSITIVE' }))).not.toContain('SENSITIVE');
  });

  test.each(['m', 'é', '模', '🙂'])(
    'given 200 times %s as model -> then at most 200 bytes, no character cut',
    (char) => {
      const summary = taskSummary(task({ model: char.repeat(200) }));
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(summary)).toBeGreaterThan(180);
      expect(summary.replaceAll(char, '').replace(/ · .*/, '')).toBe('');
    },
  );
});

test.each(['"', '\\', '\u0001'])('given 200 times %j -> then what JSON makes of it counts', (char) => {
  const json = JSON.stringify(summaryOf(char.repeat(200)));
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(192);
  expect(Buffer.byteLength(json)).toBeGreaterThan(180);
});

describe('taskDetails', () => {
  test('given labels and a long prompt -> then a list, and 200 characters of it in one line', () => {
    const details = taskDetails(task({ input: `a\nb${'x'.repeat(500)}` }, { labels: { team: 'north' } }));
    expect(details).toBe(`- model: o3\n- team: north\n\n> a b${'x'.repeat(197)}…`);
  });

  test('given labels of 46 kB -> then at most 20,000 bytes', () => {
    const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, '🙂'.repeat(512)]));
    expect(Buffer.byteLength(taskDetails(task({}, { labels })))).toBeLessThanOrEqual(20_000);
  });
});

test('given priorities and a tenant -> then the keys of the engine', () => {
  expect(priorityOf(task({}))).toEqual({ priorityKey: 3 });
  expect(priorityOf(task({}, { priority: 'high', tenant: 'a' }))).toEqual({ priorityKey: 1, fairnessKey: 'a' });
  expect(priorityOf(task({}, { priority: 'low' }))).toEqual({ priorityKey: 5 });
});
