/** What a webhook says, checked for its shape. Pure. */
import { isObject } from '../is-object';
import { RESPONSE_ID_PATTERN } from '../names';

/** Of a response; `type` is one of `response.*`, also one that this version does not know. */
export interface ResponseEvent {
  type: string;
  responseId: string;
  /** Whether it says that the response has ended. */
  saysEnd: boolean;
}

const ENDS = new Set(['response.completed', 'response.failed', 'response.cancelled', 'response.incomplete']);

/**
 * The event in a message; `other` when it is about something else than a response, null when it is none.
 * @see https://platform.openai.com/docs/api-reference/webhook-events
 */
export function eventOf(content: unknown): ResponseEvent | 'other' | null {
  if (!isObject(content) || typeof content.type !== 'string') return null;
  const { type, data } = content;
  if (!type.startsWith('response.')) return 'other';
  if (!isObject(data) || typeof data.id !== 'string' || !RESPONSE_ID_PATTERN.test(data.id)) return null;
  return { type, responseId: data.id, saysEnd: ENDS.has(type) };
}
