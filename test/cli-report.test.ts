/** What an error means to the shell: the exit code, and what is said. */
import { ServiceError } from '@temporalio/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { again } from '../src/cli/again';
import { excerpt, table, visible } from '../src/cli/output';
import { report } from '../src/cli/run';
import { showEnd } from '../src/cli/task-result';
import { loadConfig } from '../src/config';
import type { TaskResult } from '../src/contracts';
import { TaskEndedError, UnreachableError, UsageError } from '../src/errors';

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** As the client library gives it: what the server said is in the cause. */
const refused = Object.assign(new Error('3 INVALID_ARGUMENT: no such column'), {
  code: 3,
  details: 'no such column',
  metadata: {},
});

it.each<[string, unknown, number, string]>([
  ['bad input', new UsageError(['id: bad', 'model: missing']), 2, 'error: id: bad\nerror: model: missing\n'],
  ['nobody there', new UnreachableError('No answer.', 'Start it.'), 3, 'error: No answer.\n  Start it.\n'],
  ['an end without result', new TaskEndedError('a', 'terminated'), 1, 'error: a ended without a result: terminated'],
  ['a refusal of the server', new ServiceError('Failed to start Workflow', { cause: refused }), 3, 'no such column'],
  ['a full disk', new Error('ENOSPC: no space left'), 1, 'error: ENOSPC: no space left\n'],
  ['what is no error', 'broken', 1, 'error: broken\n'],
])('given %s -> then exit %s', (_, error, code, text) => {
  expect(report(error)).toBe(code);
  expect(said).toContain(text);
  expect(said).not.toContain('    at ');
});

it('given a key in a message -> then it is not shown', () => {
  report(new Error('wrong key sk-secret-1234567'));
  expect(said).toBe('error: wrong key sk-***\n');
});

it('given the log level DEBUG -> then the stack is shown too', () => {
  report(new Error('broken'), loadConfig({ DURABLE_RESPONSES_LOG_LEVEL: 'debug' }));
  expect(said).toMatch(/^error: broken\n {2}at .*cli-report\.test\.ts/);
});

it.each([
  ['/usr/local/bin/durable-responses', 'durable-responses task wait a'],
  ['/home/me/durable-responses/lib/src/cli.js', 'npm run -s cli -- task wait a'],
])('given the program %s -> then a command to paste', (program, command) => {
  expect(again(['task', 'wait', 'a'], program)).toBe(command);
});

it('given control characters -> then a table, an excerpt and a text show them and do nothing', () => {
  expect(table([['MODEL'], ['o3\u001b[2J\n']])).toBe('MODEL\no3\\u001b[2J');
  expect(excerpt('a\n\u001b]0;b\u0007')).toBe('a \\u001b]0;b\\u0007');
  expect(visible('a\tb\nc\rd')).toBe('a\tb\nc\\u000dd');
});

it('a task with a create that was answered to nobody -> it is named in the end of the task, with its response', () => {
  const lost = { taskId: 'a', attempt: 1, at: '', reason: 'the connection was lost' };
  const result = { taskId: 'a', status: 'completed', responseId: 'resp_2', polls: 3, creates: 2, notCleaned: [] };
  const possibleOrphans = [lost, { ...lost, attempt: 2, responseId: 'resp_1' }];
  showEnd({ ...result, possibleOrphans } as unknown as TaskResult);
  expect(said.split('\n').slice(1, -1)).toEqual([
    '  possible orphan: attempt 1, the connection was lost',
    '  possible orphan: attempt 2, response resp_1, the connection was lost',
  ]);
});
