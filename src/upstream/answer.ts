/** From a Response object of the API to what we keep of it. Pure; nothing in the object is trusted to be there. */
import { isObject } from '../is-object';
import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { Answer, TaskError } from '../contracts';
import { RESPONSE_ID_PATTERN } from '../names';
import { redact } from '../security/redact';
import { ProtocolError } from './failures';

const TERMINAL = new Set(['completed', 'failed', 'incomplete', 'cancelled']);
const WAITING = new Set(['queued', 'in_progress']);

export const isTerminalStatus = (status: string): status is Answer['status'] => TERMINAL.has(status);
export const isKnownStatus = (status: string): boolean => TERMINAL.has(status) || WAITING.has(status);

/** The id of what a create made. @throws ProtocolError when there is none: it may have been made all the same. */
export function createdId(value: unknown): string {
  if (isObject(value) && typeof value.id === 'string' && RESPONSE_ID_PATTERN.test(value.id)) return value.id;
  throw new ProtocolError('The reply to the create has no usable id.');
}

/** A GET's body, if it is the asked response with a status. @throws ProtocolError otherwise. */
export function checkedResponse(value: unknown, responseId: string): Response {
  if (!isObject(value)) throw new ProtocolError('The answer is not a JSON object.');
  if (value.id !== responseId) throw new ProtocolError('The answer is about another response.');
  const { status, output } = value;
  if (typeof status !== 'string' || status === '') throw new ProtocolError('The answer has no status.');
  if (isTerminalStatus(status) && !(Array.isArray(output) && output.every(isObject))) {
    throw new ProtocolError(`The answer is ${status} but has no output list.`);
  }
  return value as unknown as Response;
}

/** The text of all messages, joined as the official client's `output_text` is. Null when there is no text. */
export function outputText(output: ResponseOutputItem[]): string | null {
  const parts: string[] = [];
  for (const item of output) {
    if (item.type !== 'message' || !Array.isArray(item.content)) continue;
    for (const part of item.content as unknown[]) {
      if (isObject(part) && part.type === 'output_text' && typeof part.text === 'string') parts.push(part.text);
    }
  }
  return parts.length > 0 ? parts.join('') : null;
}

function isoTime(seconds: unknown): string | null {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

export const createdAt = (response: Response): string | null => isoTime(response.created_at);

function errorOf(response: Response): TaskError | null {
  const error: unknown = response.error;
  if (!isObject(error)) return null;
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise);
  return { code: redact(text(error.code, 'unknown_error')), message: redact(text(error.message, 'No message.')) };
}

function reasonOf(response: Response): string | null {
  const reason: unknown = response.incomplete_details?.reason;
  return typeof reason === 'string' ? redact(reason) : null;
}

function containersOf(output: ResponseOutputItem[]): string[] {
  const ids = output.flatMap((item) => (item.type === 'code_interpreter_call' ? [item.container_id] : []));
  return [...new Set(ids)].filter((id) => typeof id === 'string' && RESPONSE_ID_PATTERN.test(id));
}

/**
 * A terminal response as an `Answer`. Its output is left out (`outputOmitted`) when its JSON is larger than
 * `maxOutputBytes`: a payload of a workflow is limited to 2 MB, and text and output are both carried.
 */
export function toAnswer(response: Response, maxOutputBytes: number): Answer {
  const output = response.output;
  const outputOmitted = Buffer.byteLength(JSON.stringify(output), 'utf8') > maxOutputBytes;
  return {
    status: response.status as Answer['status'],
    outputText: outputOmitted ? null : outputText(output),
    output: outputOmitted ? null : output,
    outputOmitted,
    answerKey: null,
    error: errorOf(response),
    incompleteReason: reasonOf(response),
    usage: response.usage ?? null,
    finishedAt: isoTime((response as { completed_at?: unknown }).completed_at),
    containerIds: containersOf(output),
  };
}
