/** The events of a response in the order of the API, each with its time. Pure. */
import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { bodyWith, type WireResponse } from './body';
import { itemEvents } from './item-events';
import { endsAtMs, startsAtMs } from './lifecycle';
import type { StoredResponse } from './types';

/** An event before it has its number. */
export type Unnumbered = ResponseStreamEvent extends infer E
  ? E extends ResponseStreamEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never;

export interface ScriptedEvent {
  atMs: number;
  event: Unnumbered;
}

/** An event of the response as a whole. */
export const lifeEvent = (type: string, response: WireResponse): Unnumbered =>
  ({ type, response }) as unknown as Unnumbered;

/** How an item looks when it is announced: nothing of its content yet. */
function announced(item: ResponseOutputItem): ResponseOutputItem {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] };
  if (item.type === 'reasoning') return { ...item, summary: [] };
  if (item.type === 'code_interpreter_call') return { ...item, status: 'in_progress', code: '', outputs: null };
  if (item.type === 'function_call') return { ...item, status: 'in_progress', arguments: '' };
  if (item.type === 'mcp_call') return { ...item, status: 'in_progress', arguments: '', output: null };
  if (item.type === 'mcp_list_tools') return { ...item, tools: [] };
  if (item.type === 'web_search_call') return { ...item, status: 'in_progress' };
  if (item.type === 'file_search_call') return { ...item, status: 'in_progress', results: null };
  return item;
}

function outputEvents(body: WireResponse): Unnumbered[] {
  return body.output.flatMap((item, output_index): Unnumbered[] => [
    { type: 'response.output_item.added', output_index, item: announced(item) },
    ...itemEvents(item, output_index),
    { type: 'response.output_item.done', output_index, item },
  ]);
}

/** Only a background run waits in a queue, as far as a reader can tell. */
function beginning(response: StoredResponse): ScriptedEvent[] {
  const { createdAtMs, request } = response;
  const running = bodyWith(response, 'in_progress', []);
  const isBackground = request.background === true;
  const first = isBackground ? bodyWith(response, 'queued', []) : running;
  return [
    { atMs: createdAtMs, event: lifeEvent('response.created', first) },
    ...(isBackground ? [{ atMs: createdAtMs, event: lifeEvent('response.queued', first) }] : []),
    { atMs: startsAtMs(response), event: lifeEvent('response.in_progress', running) },
  ];
}

/** Everything that happens unless somebody cancels. The output is spread evenly over the run. */
export function scriptedEvents(response: StoredResponse, include: readonly string[]): ScriptedEvent[] {
  const startMs = startsAtMs(response);
  const endMs = endsAtMs(response);
  const { status } = response.script.ending;
  const last = bodyWith(response, status, include);
  const output = outputEvents(last);
  return [
    ...beginning(response),
    ...output.map((event, i) => ({ atMs: startMs + ((endMs - startMs) * (i + 1)) / (output.length + 1), event })),
    { atMs: endMs, event: lifeEvent(`response.${status}`, last) },
  ];
}
