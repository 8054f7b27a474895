/** The Batch API's output lines, and the whole Response behind them in the store. */
import type { Response } from 'openai/resources/responses/responses';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { answerKeeper } from '../src/activities/answer-keeper';
import type { RecordWithResponse } from '../src/client/records';
import type { BatchRecord, StoredAnswer } from '../src/contracts';
import { openaiBatchLine, openaiBatchLines } from '../src/results/openai-batch';
import { folderStore } from '../src/store';
import { readAnswer } from '../src/store/batch-records';
import { toStoredAnswer } from '../src/upstream';
import { all, aRecord, each } from './helpers/records';

const message = { type: 'message', content: [{ type: 'output_text', text: 'Hi.' }] };
const given = { id: 'resp_1', object: 'response', status: 'completed', output: [message], of_tomorrow: { a: [1] } };

/** As the official client gives it. */
const asClient = (fields: object = {}): Response =>
  Object.defineProperty({ ...given, ...fields, output_text: 'Hi.' }, '_request_id', {
    value: 'req_1',
    enumerable: false,
  }) as unknown as Response;

const stored = (fields: object = {}) => JSON.parse(JSON.stringify(toStoredAnswer(asClient(fields)))) as StoredAnswer;

const dir = mkdtempSync(join(tmpdir(), 'durable-responses-store-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('what the store keeps', () => {
  test('given a response of the client -> then what upstream gave, unknown fields too, and the request id', () => {
    expect(stored()).toEqual({ outputText: 'Hi.', requestId: 'req_1', response: given });
  });

  test('given a server that repeats credentials -> then none of them', () => {
    const tools = [
      { type: 'mcp', authorization: 'canary-1', headers: { 'x-a': 'canary-2' }, server_url: 'https://a.test/canary-3' },
      { type: 'mcp', server_url: 'https://canary-4@b.test/?key=canary-5' },
      { type: 'web_search', filters: null },
    ];
    const error = { code: 'server_error', message: 'The key sk-canary6canary6 is bad.' };
    const text = JSON.stringify(stored({ tools, error }));
    expect(text).not.toContain('canary');
    expect(text).toContain('https://a.test/<redacted>');
    expect(text).toContain('{"type":"web_search","filters":null}');
  });

  test('given a failed response without output -> then it is in the store, and the answer is not omitted', async () => {
    const store = folderStore(dir);
    const keep = answerKeeper(store);
    const failed = asClient({ status: 'failed', output: [], error: { code: 'server_error', message: 'No.' } });
    const answer = await keep(failed, { answerKey: 'answers/1.json', maxOutputBytes: 1000 });
    expect(answer).toMatchObject({ status: 'failed', outputOmitted: false, answerKey: null });
    expect(await readAnswer(store, 'answers/1.json')).toMatchObject({ response: { status: 'failed', id: 'resp_1' } });
  });
});

const lineOf = (fields: Partial<BatchRecord>, answer: StoredAnswer | null = null) =>
  openaiBatchLine({ record: aRecord(fields), answer }, 'batch');
const notCompleted = { responseId: null, result: null } as const;

describe('lines', () => {
  test('given a response -> then the golden line, the same each time', () => {
    const line = JSON.stringify(lineOf({ id: 'my-request' }, stored()));
    expect(line).toBe(
      '{"id":"batch_req_4e163b871ae337990db9d100714ae6e2","custom_id":"my-request",' +
        '"response":{"status_code":200,"request_id":"req_1","body":' +
        `${JSON.stringify(given)}},"error":null}`,
    );
    expect(lineOf({}).id).toMatch(/^batch_req_[0-9a-f]{32}$/);
    expect(lineOf({ index: 1 }).id).not.toBe(lineOf({}).id);
  });

  test('given a custom_id that could not be the id -> then exactly that', () => {
    const customId = 'Bericht/München 7\u202e "x"';
    expect(lineOf({ customId }, stored()).custom_id).toBe(customId);
  });

  test.each<[string, Partial<BatchRecord>, { code: string; message: string }]>([
    [
      'a bad line',
      { ...notCompleted, status: 'rejected', error: { code: 'bad_input', message: 'line 2' } },
      { code: 'rejected', message: 'bad_input: line 2' },
    ],
    [
      'one never started',
      { ...notCompleted, status: 'cancelled', error: { code: 'not_started', message: 'Stopped.' } },
      { code: 'not_started', message: 'Stopped.' },
    ],
    [
      'one cancelled',
      { ...notCompleted, status: 'cancelled' },
      { code: 'cancelled', message: 'The task ended as cancelled.' },
    ],
    [
      'one timed out, although there is a response',
      { status: 'timed_out', error: { code: 'max_wait_seconds', message: 'Too long.' } },
      { code: 'timed_out', message: 'max_wait_seconds: Too long.' },
    ],
    [
      'one completed whose response cannot be had',
      { resultOmitted: true },
      {
        code: 'response_unavailable',
        message: 'The response resp_1 is completed; it is not in the store, and upstream did not give it.',
      },
    ],
  ])('given %s -> then an error and no response', (_, fields, error) => {
    expect(lineOf(fields)).toMatchObject({ response: null, error });
  });

  test('given lines with one that cannot be had -> then one JSON object a line, and it is counted', async () => {
    const records: RecordWithResponse[] = [
      { record: aRecord(), answer: stored() },
      { record: aRecord({ index: 1 }), answer: null },
      { record: aRecord({ index: 2, ...notCompleted, status: 'expired' }), answer: null },
    ];
    const written = { records: 0, omitted: 0 };
    const lines = (await all(openaiBatchLines(each(records), 'batch', written))).split('\n');
    expect(lines.filter(Boolean).map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
      Array(3).fill(['id', 'custom_id', 'response', 'error']),
    );
    expect(written).toEqual({ records: 3, omitted: 1 });
  });
});
