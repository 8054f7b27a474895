/** The events of a response in the order of the API, each with its time. Pure; made for streams. */
import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { bodyWith, type WireResponse } from './body';
import { itemEvents } from './item-events';
import { endsAtMs, isTerminal, startsAtMs, statusAt } from './lifecycle';
import type { StoredResponse } from './types';

/** An event before it has its number. */
export type Unnumbered = ResponseStreamEvent extends infer E
  ? E extends ResponseStreamEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never;

export interface TimedEvent {
  atMs: number;
  event: ResponseStreamEvent;
}

interface Timed {
  atMs: number;
  event: Unnumbered;
}

const lifeEvent = (type: string, response: WireResponse): Unnumbered => ({ type, response }) as unknown as Unnumbered;

/** How an item looks when it is announced: nothing of its content yet. */
function announced(item: ResponseOutputItem): ResponseOutputItem {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] };
  if (item.type === 'reasoning') return { ...item, summary: [] };
  if (item.type === 'code_interpreter_call') return { ...item, status: 'in_progress', code: '', outputs: null };
  if (item.type === 'function_call') return { ...item, status: 'in_progress', arguments: '' };
  if (item.type === 'mcp_call') return { ...item, status: 'in_progress', arguments: '', output: null };
  if (item.type === 'mcp_list_tools') return { ...item, tools: [] };
  if (item.type === 'web_search_call' || item.type === 'file_search_call') return { ...item, status: 'in_progress' };
  return item;
}

function outputEvents(body: WireResponse): Unnumbered[] {
  return body.output.flatMap((item, output_index): Unnumbered[] => [
    { type: 'response.output_item.added', output_index, item: announced(item) },
    ...itemEvents(item, output_index),
    { type: 'response.output_item.done', output_index, item },
  ]);
}

/** Everything that happens unless somebody cancels. The output is spread evenly over the run. */
function scripted(response: StoredResponse): Timed[] {
  const startMs = startsAtMs(response);
  const endMs = endsAtMs(response);
  const status = response.script.ending.status;
  const last = bodyWith(response, status, []);
  const output = outputEvents(last);
  const queued = bodyWith(response, 'queued', []);
  return [
    { atMs: response.createdAtMs, event: lifeEvent('response.created', queued) },
    { atMs: response.createdAtMs, event: lifeEvent('response.queued', queued) },
    { atMs: startMs, event: lifeEvent('response.in_progress', bodyWith(response, 'in_progress', [])) },
    ...output.map((event, i) => ({ atMs: startMs + ((endMs - startMs) * (i + 1)) / (output.length + 1), event })),
    { atMs: endMs, event: lifeEvent(`response.${status}`, last) },
  ];
}

/** The events of a response, numbered from 0 without gaps. After a cancel there is one more: a failure, as seen in the wild. */
export function eventsOf(response: StoredResponse): TimedEvent[] {
  const { cancelledAtMs } = response;
  let all = scripted(response);
  if (cancelledAtMs !== null && cancelledAtMs < endsAtMs(response)) {
    all = all.filter(({ atMs }) => atMs <= cancelledAtMs);
    all.push({ atMs: cancelledAtMs, event: lifeEvent('response.failed', bodyWith(response, 'cancelled', [])) });
  }
  return all.map(({ atMs, event }, i) => ({ atMs, event: { ...event, sequence_number: i } }));
}

/** Those that have happened by `nowMs`, later than the one numbered `startingAfter`. */
export function eventsAt(response: StoredResponse, nowMs: number, startingAfter = -1): ResponseStreamEvent[] {
  return eventsOf(response)
    .filter(({ atMs, event }) => atMs <= nowMs && event.sequence_number > startingAfter)
    .map(({ event }) => event);
}

/** Whether no more events will come. */
export const isOver = (response: StoredResponse, nowMs: number): boolean => isTerminal(statusAt(response, nowMs));
