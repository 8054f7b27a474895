/** The Response object of the API at a moment, and the events behind it. Pure. */
import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import { outputOf, usageOf } from './content';
import { endsAtMs, isTerminal, statusAt } from './lifecycle';
import type { Json, StoredResponse } from './types';

/** Parameters as the API echoes them when the request does not set them. */
const DEFAULTS: Json = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'auto',
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
};

const NOT_ECHOED = ['input', 'include', 'stream', 'stream_options'];

/** Outputs never change, so they are made once; a large answer is asked for many times. */
const outputs = new WeakMap<StoredResponse, ResponseOutputItem[]>();

function wholeOutput(response: StoredResponse): ResponseOutputItem[] {
  let output = outputs.get(response);
  if (!output) outputs.set(response, (output = outputOf(response)));
  return output;
}

/** Parts that a request must ask for are left out where it did not. */
function gated(items: ResponseOutputItem[], include: readonly string[]): unknown[] {
  return items.map((item) => {
    if (item.type === 'reasoning' && !include.includes('reasoning.encrypted_content')) {
      return { ...item, encrypted_content: undefined };
    }
    if (item.type === 'code_interpreter_call' && !include.includes('code_interpreter_call.outputs')) {
      return { ...item, outputs: null };
    }
    if (item.type === 'web_search_call' && !include.includes('web_search_call.action.sources')) {
      return { ...item, action: { ...item.action, sources: undefined } };
    }
    return item;
  });
}

/** What `GET /v1/responses/{id}` says at `nowMs`. `shownStatus` is for faults that show another status than the real one. */
export function bodyAt(
  response: StoredResponse,
  nowMs: number,
  include: readonly string[],
  shownStatus?: string,
): Json {
  const { request, script, createdAtMs } = response;
  const status = shownStatus ?? statusAt(response, nowMs);
  const hasOutput = status === 'completed' || status === 'incomplete';
  const output = hasOutput ? wholeOutput(response) : [];
  const { ending } = script;
  const failed = status === 'failed' && ending.status === 'failed' ? ending : null;
  const incomplete = status === 'incomplete' && ending.status === 'incomplete' ? ending : null;
  const given = Object.fromEntries(
    Object.entries(request).filter(([key, value]) => !NOT_ECHOED.includes(key) && value !== null),
  );
  return {
    id: response.id,
    object: 'response',
    created_at: Math.floor(createdAtMs / 1000),
    status,
    ...DEFAULTS,
    background: false,
    store: true,
    ...given,
    completed_at: status === 'completed' ? Math.floor(endsAtMs(response) / 1000) : null,
    error: failed ? { code: failed.code, message: failed.message } : null,
    incomplete_details: incomplete ? { reason: incomplete.reason } : null,
    output: gated(output, include),
    usage: hasOutput ? usageOf(response, output) : null,
  };
}

export interface StoredEvent {
  type: string;
  sequence_number: number;
  [field: string]: unknown;
}

const TEXT_PIECE_CHARS = 64;

function messageEvents(item: ResponseOutputItem, outputIndex: number): Json[] {
  if (item.type !== 'message') return [];
  const at = { item_id: item.id, output_index: outputIndex };
  return item.content.flatMap((part, contentIndex): Json[] => {
    const place = { ...at, content_index: contentIndex };
    if (part.type !== 'output_text') return [{ type: 'response.refusal.done', ...place, refusal: part.refusal }];
    const pieces = part.text.match(new RegExp(`[^]{1,${TEXT_PIECE_CHARS}}`, 'g')) ?? [];
    return [
      { type: 'response.content_part.added', ...place, part: { ...part, text: '', annotations: [] } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
    ];
  });
}

/** Every event that has happened by `nowMs`, numbered from 0. A cancelled one ends with `response.failed`, as seen in the wild. */
export function eventsAt(response: StoredResponse, nowMs: number): StoredEvent[] {
  const status = statusAt(response, nowMs);
  const snapshot = (shown: string) => bodyAt(response, nowMs, [], shown);
  const events: Json[] = [{ type: 'response.created', response: snapshot('queued') }];
  if (status !== 'queued') events.push({ type: 'response.in_progress', response: snapshot('in_progress') });
  if (status === 'completed' || status === 'incomplete') {
    wholeOutput(response).forEach((item, index) => {
      events.push({ type: 'response.output_item.added', output_index: index, item });
      events.push(...messageEvents(item, index));
      events.push({ type: 'response.output_item.done', output_index: index, item });
    });
  }
  if (isTerminal(status)) {
    events.push({ type: `response.${status === 'cancelled' ? 'failed' : status}`, response: snapshot(status) });
  }
  return events.map((event, index) => ({ ...event, type: String(event.type), sequence_number: index }));
}
