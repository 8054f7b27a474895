import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import {
  checkedResponse,
  createdAt,
  createdId,
  isKnownStatus,
  isTerminalStatus,
  toAnswer,
} from '../src/upstream/answer';
import { ProtocolError } from '../src/upstream/failures';

const ID = 'resp_1';
const MAX_BYTES = 1_000_000;

const message = (...texts: string[]) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: texts.map((text) => ({ type: 'output_text', text, annotations: [] })),
});

const body = (fields: Record<string, unknown> = {}): Response =>
  ({ id: ID, status: 'completed', output: [message('Hello.')], ...fields }) as unknown as Response;

const call = (container_id: unknown) => ({ type: 'code_interpreter_call', id: 'ci_1', container_id });

describe('checkedResponse', () => {
  test.each<[string, unknown, RegExp]>([
    ['null', null, /not a JSON object/],
    ['nothing', undefined, /not a JSON object/],
    ['text', '<html>', /not a JSON object/],
    ['a list', [], /not a JSON object/],
    ['another id', { id: 'resp_2', status: 'queued' }, /another response/],
    ['an id that is a number', { id: 7, status: 'queued' }, /another response/],
    ['no id', { status: 'queued' }, /another response/],
    ['no status', { id: ID }, /no status/],
    ['an empty status', { id: ID, status: '' }, /no status/],
    ['a status in a list', { id: ID, status: ['completed'], output: [] }, /no status/],
    ['completed without output', { id: ID, status: 'completed' }, /completed but has no output/],
    ['failed without output', { id: ID, status: 'failed', output: null }, /failed but has no output/],
    ['output that is text', { id: ID, status: 'completed', output: 'text' }, /no output list/],
    ['output with an item that is none', { id: ID, status: 'completed', output: [null] }, /no output list/],
  ])('given %s -> then a protocol error', (_name, value, expected) => {
    expect(() => checkedResponse(value, ID)).toThrow(expected);
    expect(() => checkedResponse(value, ID)).toThrow(ProtocolError);
  });

  test.each<[string, unknown]>([
    ['a waiting response without output', { id: ID, status: 'queued' }],
    ['an unknown status', { id: ID, status: 'paused' }],
    ['a failed response with an empty output', { id: ID, status: 'failed', output: [] }],
    ['unknown fields', { id: ID, status: 'completed', output: [], later: { added: true } }],
  ])('given %s -> then it is passed as it is', (_name, value) => {
    expect(checkedResponse(value, ID)).toBe(value);
  });
});

describe('createdId', () => {
  test('given the reply of a create -> then its id', () => {
    expect(createdId({ id: 'resp_abc-1' })).toBe('resp_abc-1');
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['text', 'resp_1'],
    ['no id', {}],
    ['a number', { id: 7 }],
    ['an empty id', { id: '' }],
    ['a path', { id: '../files/file-1' }],
    ['a line break', { id: 'resp_1\n' }],
    ['200 characters', { id: 'r'.repeat(200) }],
  ])('given %s -> then a protocol error: the response may exist all the same', (_name, value) => {
    expect(() => createdId(value)).toThrow(ProtocolError);
  });
});

describe('statuses', () => {
  test.each([
    ['completed', true, true],
    ['failed', true, true],
    ['incomplete', true, true],
    ['cancelled', true, true],
    ['queued', false, true],
    ['in_progress', false, true],
    ['paused', false, false],
    ['COMPLETED', false, false],
    ['', false, false],
  ])('given %j -> then terminal: %s, known: %s', (status, terminal, known) => {
    expect([isTerminalStatus(status), isKnownStatus(status)]).toEqual([terminal, known]);
  });
});

describe('toAnswer', () => {
  test('given a completed response -> then its text, output, usage and time', () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    expect(toAnswer(body({ usage, completed_at: 1_767_225_600, error: null }), MAX_BYTES)).toEqual({
      status: 'completed',
      outputText: 'Hello.',
      output: [message('Hello.')],
      outputOmitted: false,
      answerKey: null,
      error: null,
      incompleteReason: null,
      usage,
      finishedAt: '2026-01-01T00:00:00.000Z',
      containerIds: [],
    });
  });

  test('given several messages and parts -> then their texts are joined, and other items are not text', () => {
    const output = [message('a', 'b'), { type: 'reasoning', id: 'rs_1', summary: [] }, message('c')];
    expect(toAnswer(body({ output }), MAX_BYTES).outputText).toBe('abc');
  });

  test('given a refusal -> then there is no text', () => {
    const refusal = { ...message(), content: [{ type: 'refusal', refusal: 'No.' }] };
    expect(toAnswer(body({ output: [refusal] }), MAX_BYTES).outputText).toBeNull();
  });

  test.each<[string, unknown]>([
    ['content that is missing', { type: 'message' }],
    ['a part that is null', { type: 'message', content: [null] }],
    ['a text that is a number', { type: 'message', content: [{ type: 'output_text', text: 7 }] }],
  ])('given %s -> then no text, and no exception', (_name, item) => {
    expect(toAnswer(body({ output: [item as ResponseOutputItem] }), MAX_BYTES).outputText).toBeNull();
  });

  test.each<[string, number, boolean]>([
    ['as large as the limit', 0, false],
    ['one byte over the limit', -1, true],
  ])('given output %s -> then omitted is right', (_name, difference, omitted) => {
    const output = [message('é'.repeat(100))];
    const sizeBytes = Buffer.byteLength(JSON.stringify(output));
    const answer = toAnswer(body({ output }), sizeBytes + difference);
    expect([answer.outputOmitted, answer.output === null, answer.outputText === null]).toEqual([
      omitted,
      omitted,
      omitted,
    ]);
  });

  test.each<[string, unknown, { code: string; message: string } | null]>([
    ['code and message', { code: 'server_error', message: 'Sorry.' }, { code: 'server_error', message: 'Sorry.' }],
    ['a code outside the list', { code: 'odd', message: 'Odd.' }, { code: 'odd', message: 'Odd.' }],
    ['no code', { message: 'Sorry.' }, { code: 'unknown_error', message: 'Sorry.' }],
    ['no message', { code: 'server_error' }, { code: 'server_error', message: 'No message.' }],
    ['a key inside', { code: 'x', message: 'key sk-abcdef123' }, { code: 'x', message: 'key sk-***' }],
    ['text', 'failed', null],
  ])('given an error with %s -> then it is kept, redacted', (_name, error, expected) => {
    expect(toAnswer(body({ status: 'failed', output: [], error }), MAX_BYTES).error).toEqual(expected);
  });

  test('given an incomplete response -> then its reason', () => {
    const answer = toAnswer(
      body({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
      MAX_BYTES,
    );
    expect(answer.incompleteReason).toBe('content_filter');
  });

  test('given no usage -> then null: unknown, not zero', () => {
    expect(toAnswer(body({ status: 'cancelled', output: [], usage: undefined }), MAX_BYTES).usage).toBeNull();
  });

  test('given code interpreter calls -> then each usable container once', () => {
    const output = [call('cntr_1'), call('cntr_1'), call('cntr_2'), call('../x'), call(7)];
    expect(toAnswer(body({ output }), MAX_BYTES).containerIds).toEqual(['cntr_1', 'cntr_2']);
  });

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['text', '1767225600'],
    ['NaN', NaN],
    ['beyond every calendar', 1e20],
  ])('given a time that is %s -> then null', (_name, time) => {
    const response = body({ created_at: time, completed_at: time });
    expect([createdAt(response), toAnswer(response, MAX_BYTES).finishedAt]).toEqual([null, null]);
  });
});
