/** The Response object of the API at a moment. Pure. */
import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import { echoOf, tierOf } from './echo';
import { endsAtMs, isTerminal, statusAt } from './lifecycle';
import { outputOf, usageOf } from './output';
import type { StoredResponse } from './types';

/** `output_text` is made by the official clients and is not sent. */
export type WireResponse = Omit<Response, 'output_text'>;

/** Parts that a request must ask for are left out where it did not. */
function gated(items: ResponseOutputItem[], include: readonly string[]): ResponseOutputItem[] {
  return items.map((item) => {
    if (item.type === 'reasoning' && !include.includes('reasoning.encrypted_content')) {
      return { ...item, encrypted_content: undefined };
    }
    if (item.type === 'code_interpreter_call' && !include.includes('code_interpreter_call.outputs')) {
      return { ...item, outputs: null };
    }
    if (item.type === 'file_search_call' && !include.includes('file_search_call.results')) {
      return { ...item, results: null };
    }
    if (item.type === 'web_search_call' && !include.includes('web_search_call.action.sources')) {
      return { ...item, action: { ...item.action, sources: undefined } } as ResponseOutputItem;
    }
    return item;
  });
}

/** Error, reason and end, as far as the status has them. */
function endOf({ script: { ending } }: StoredResponse, status: string, endMs: number) {
  const failed = status === 'failed' && ending.status === 'failed' ? ending : null;
  const incomplete = status === 'incomplete' && ending.status === 'incomplete' ? ending : null;
  return {
    completed_at: status === 'completed' ? Math.floor(endMs / 1000) : null,
    // Codes outside of the official list are seen in the wild.
    error: failed && ({ code: failed.code, message: failed.message } as Response['error']),
    incomplete_details: incomplete && { reason: incomplete.reason },
  };
}

/** The body with this status, whatever the time. */
export function bodyWith(response: StoredResponse, status: string, include: readonly string[]): WireResponse {
  const hasOutput = status === 'completed' || status === 'incomplete';
  const output = hasOutput ? outputOf(response) : [];
  const body = {
    id: response.id,
    object: 'response',
    created_at: Math.floor(response.createdAtMs / 1000),
    status,
    ...echoOf(response),
    ...endOf(response, status, endsAtMs(response)),
    service_tier: tierOf(response, isTerminal(status)),
    output: gated(output, include),
    usage: hasOutput ? usageOf(response, output) : null,
  };
  // The echo is as the request was, and a status may be one that the types do not know: that is its purpose.
  return body as unknown as WireResponse;
}

/** What `GET /v1/responses/{id}` says at `nowMs`. */
export const bodyAt = (response: StoredResponse, nowMs: number, include: readonly string[] = []): WireResponse =>
  bodyWith(response, statusAt(response, nowMs), include);
