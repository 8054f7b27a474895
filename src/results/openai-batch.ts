/** Records as the lines of the Batch API's output files, for programs that read those. */
import { createHash } from 'node:crypto';
import type { Response } from 'openai/resources/responses/responses';
import type { RecordWithResponse } from '../client/records';
import type { BatchRecord } from '../contracts';
import type { Written } from './formats';

/** One line. As in the Batch API, either `response` or `error` is null. */
export interface OpenaiBatchLine {
  id: string;
  custom_id: string;
  response: { status_code: 200; request_id: string | null; body: Response } | null;
  error: { code: string; message: string } | null;
}

/** The same for every reading of the same batch. */
function requestId(batchId: string, index: number): string {
  return `batch_req_${createHash('sha256').update(`${batchId}\n${index}`).digest('hex').slice(0, 32)}`;
}

/** A response that ended so is always there: when it is not, it could not be had. */
const endedUpstream = ({ status, responseId }: BatchRecord): boolean =>
  responseId !== null && (status === 'completed' || status === 'failed' || status === 'incomplete');

function errorOf(record: BatchRecord): NonNullable<OpenaiBatchLine['error']> {
  const { status, error, responseId } = record;
  if (endedUpstream(record)) {
    const message = `The response ${responseId} is ${status}; it is not in the store, and upstream did not give it.`;
    return { code: 'response_unavailable', message };
  }
  if (error?.code === 'not_started') return error;
  return { code: status, message: error ? `${error.code}: ${error.message}` : `The task ended as ${status}.` };
}

/** The line of one record. */
export function openaiBatchLine({ record, answer }: RecordWithResponse, batchId: string): OpenaiBatchLine {
  return {
    id: requestId(batchId, record.index),
    custom_id: record.customId ?? record.id,
    response: answer && { status_code: 200, request_id: answer.requestId, body: answer.response },
    error: answer ? null : errorOf(record),
  };
}

/** All lines; `written` is counted up meanwhile. */
export async function* openaiBatchLines(
  records: AsyncIterable<RecordWithResponse>,
  batchId: string,
  written: Written,
): AsyncGenerator<string> {
  for await (const one of records) {
    written.records++;
    if (!one.answer && endedUpstream(one.record)) written.omitted++;
    yield `${JSON.stringify(openaiBatchLine(one, batchId))}\n`;
  }
}
