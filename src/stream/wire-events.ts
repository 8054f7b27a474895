/** What an event of the API says to a viewer. Pure; no field of it is trusted to be there. */
import type { UpstreamEvent } from '../contracts';
import type { Place } from './part-texts';

/** Null for the many events that a viewer need not know, and for those that nobody knows yet. */
export type Saying =
  | { what: 'running' | 'failed' }
  | { what: 'text' | 'reasoning'; place: Place; piece: string }
  | { what: 'wholeText' | 'wholeReasoning'; place: Place; text: string }
  | { what: 'tool'; tool: string; step: string }
  | null;

/** `response.web_search_call.searching`, and not `response.mcp_call_arguments.delta`. */
const TOOL_STEP = /^response\.([a-z_]+_call|mcp_list_tools)\.([a-z_]+)$/;

/** A piece of an image is no step. */
const NO_STEPS = new Set(['delta', 'done', 'partial_image']);

/** Calls of tools that have no events of their own for their steps. */
const SILENT_CALL = /^(function|custom_tool|computer|local_shell|shell|apply_patch)_call$/;

const ITEM_STEPS: Record<string, string> = {
  'response.output_item.added': 'in_progress',
  'response.output_item.done': 'completed',
};

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const indexIn = (value: unknown): number => (typeof value === 'number' && Number.isInteger(value) ? value : 0);

const placeOf = (event: UpstreamEvent, part: 'content_index' | 'summary_index'): Place => [
  indexIn(event.output_index),
  indexIn(event[part]),
];

function toolOf({ type, item }: UpstreamEvent): Saying {
  const [, tool, step] = TOOL_STEP.exec(type) ?? [];
  if (tool && step) return NO_STEPS.has(step) ? null : { what: 'tool', tool, step };
  const itemStep = ITEM_STEPS[type];
  if (!itemStep || typeof item !== 'object' || item === null || !('type' in item)) return null;
  const kind = textIn(item.type);
  return SILENT_CALL.test(kind) ? { what: 'tool', tool: kind, step: itemStep } : null;
}

/** @see https://platform.openai.com/docs/api-reference/responses-streaming */
export function sayingOf(event: UpstreamEvent): Saying {
  switch (event.type) {
    case 'response.in_progress':
      return { what: 'running' };
    case 'response.failed':
      return { what: 'failed' };
    case 'response.output_text.delta':
      return { what: 'text', place: placeOf(event, 'content_index'), piece: textIn(event.delta) };
    case 'response.output_text.done':
      if (typeof event.text !== 'string') return null;
      return { what: 'wholeText', place: placeOf(event, 'content_index'), text: event.text };
    case 'response.reasoning_summary_text.delta':
      return { what: 'reasoning', place: placeOf(event, 'summary_index'), piece: textIn(event.delta) };
    case 'response.reasoning_summary_text.done':
      if (typeof event.text !== 'string') return null;
      return { what: 'wholeReasoning', place: placeOf(event, 'summary_index'), text: event.text };
    default:
      return toolOf(event);
  }
}
