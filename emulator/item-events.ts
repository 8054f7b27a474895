/** What happens between the announcement and the end of one output item, in the order of the API. */
import type {
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseReasoningItem,
} from 'openai/resources/responses/responses';
import type { Unnumbered } from './events';

interface Place {
  item_id: string;
  output_index: number;
}

/** Long texts have long pieces: nobody needs 100,000 events. */
function pieces(text: string): string[] {
  const size = Math.max(64, Math.ceil(text.length / 500));
  return text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
}

function reasoningEvents(item: ResponseReasoningItem, place: Place): Unnumbered[] {
  return item.summary.flatMap((part, summary_index): Unnumbered[] => {
    const at = { ...place, summary_index };
    const { text } = part;
    return [
      { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
      ...pieces(text).map((delta) => ({ type: 'response.reasoning_summary_text.delta' as const, ...at, delta })),
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part },
    ];
  });
}

function messageEvents(item: ResponseOutputMessage, place: Place): Unnumbered[] {
  return item.content.flatMap((part, content_index): Unnumbered[] => {
    const at = { ...place, content_index };
    const done: Unnumbered = { type: 'response.content_part.done', ...at, part };
    if (part.type === 'refusal') {
      const { refusal } = part;
      return [
        { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
        ...pieces(refusal).map((delta) => ({ type: 'response.refusal.delta' as const, ...at, delta })),
        { type: 'response.refusal.done', ...at, refusal },
        done,
      ];
    }
    const { text, annotations } = part;
    return [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '', annotations: [] } },
      ...pieces(text).map((delta) => ({ type: 'response.output_text.delta' as const, ...at, delta, logprobs: [] })),
      ...annotations.map((annotation, annotation_index) => {
        return { type: 'response.output_text.annotation.added' as const, ...at, annotation_index, annotation };
      }),
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      done,
    ];
  });
}

function codeEvents(code: string, place: Place): Unnumbered[] {
  return [
    { type: 'response.code_interpreter_call.in_progress', ...place },
    ...pieces(code).map((delta) => ({ type: 'response.code_interpreter_call_code.delta' as const, ...place, delta })),
    { type: 'response.code_interpreter_call_code.done', ...place, code },
    { type: 'response.code_interpreter_call.interpreting', ...place },
    { type: 'response.code_interpreter_call.completed', ...place },
  ];
}

/** The events of an item; kinds that the emulator never makes have none. */
export function itemEvents(item: ResponseOutputItem, output_index: number): Unnumbered[] {
  const place = { item_id: 'id' in item ? (item.id ?? '') : '', output_index };
  switch (item.type) {
    case 'reasoning':
      return reasoningEvents(item, place);
    case 'message':
      return messageEvents(item, place);
    case 'code_interpreter_call':
      return codeEvents(item.code ?? '', place);
    case 'web_search_call':
    case 'file_search_call':
      return (['in_progress', 'searching', 'completed'] as const).map((step): Unnumbered => {
        return { type: `response.${item.type}.${step}`, ...place };
      });
    case 'mcp_list_tools':
      return (['in_progress', 'completed'] as const).map((step) => ({
        type: `response.mcp_list_tools.${step}`,
        ...place,
      }));
    case 'mcp_call':
      return [
        { type: 'response.mcp_call.in_progress', ...place },
        { type: 'response.mcp_call_arguments.delta', ...place, delta: item.arguments },
        { type: 'response.mcp_call_arguments.done', ...place, arguments: item.arguments },
        { type: 'response.mcp_call.completed', ...place },
      ];
    case 'function_call': {
      const delta = { type: 'response.function_call_arguments.delta' as const, ...place, delta: item.arguments };
      // The types of `openai` 7 do not have the name.
      const whole = { ...place, name: item.name, arguments: item.arguments };
      return [delta, { type: 'response.function_call_arguments.done', ...whole }];
    }
    default:
      return [];
  }
}
