/** The output of a response: reasoning, the items of its tools, the message. Pure. */
import type { ResponseOutputItem, ResponseOutputMessage, ResponseUsage } from 'openai/resources/responses/responses';
import { derivedId, markOf, promptOf } from './prompt';
import { partsOf } from './sections';
import { answerText, wantedBytes } from './text';
import { toolItems, type Citation } from './tools';
import type { StoredResponse } from './types';

const REASONING_TOKENS = 64;

function reasoning(response: StoredResponse): ResponseOutputItem[] {
  const asked = response.request.reasoning as { summary?: string; generate_summary?: string; effort?: string } | null;
  const always = ['reasoning', 'deep_research'].includes(response.script.scenario);
  if (!always && (!asked || asked.effort === 'none')) return [];
  const text = `**Reading the request**\n\nThe prompt is marked ${markOf(response)}.`;
  const wanted = asked?.summary ?? asked?.generate_summary;
  return [
    {
      type: 'reasoning',
      id: derivedId('rs', response, 'reasoning'),
      summary: wanted ? [{ type: 'summary_text', text }] : [],
      encrypted_content: Buffer.from(`encrypted:${response.id}`).toString('base64'),
    },
  ];
}

type Annotation = ReturnType<Citation['annotation']>;

/** Citations stand at the ends of the sections in turn; without sections all of them at the end. */
function withCitations(parts: string[], citations: Citation[]): { text: string; annotations: Annotation[] } {
  const lead = parts.length > 1 ? 1 : 0;
  let text = '';
  const annotations: Annotation[] = [];
  parts.forEach((part, at) => {
    text += part;
    citations.forEach(({ label, annotation }, i) => {
      if (lead + (i % (parts.length - lead)) !== at) return;
      const start = text.length + 1;
      text += ` ${label}`;
      annotations[i] = annotation(start, text.length);
    });
  });
  return { text, annotations };
}

/** The text with its citations; where they do not fit into the wanted size they are left out. */
function cited(response: StoredResponse, citations: Citation[]): { text: string; annotations: Annotation[] } {
  const tail = citations.map(({ label }) => ` ${label}`).join('');
  const tailBytes = Buffer.byteLength(tail);
  const wanted = wantedBytes(response);
  if (wanted !== null && tailBytes > wanted) return { text: answerText(response, 0), annotations: [] };
  return withCitations(partsOf(answerText(response, tailBytes)), citations);
}

function message(response: StoredResponse, citations: Citation[]): ResponseOutputMessage {
  const { scenario, ending } = response.script;
  const base = { type: 'message', role: 'assistant', id: derivedId('msg', response, 'message') } as const;
  if (scenario === 'refusal') {
    const refusal = "I'm sorry, but I can't help with that.";
    return { ...base, status: 'completed', content: [{ type: 'refusal', refusal }] };
  }
  const status = ending.status === 'incomplete' ? 'incomplete' : 'completed';
  // A machine-readable answer stays one: nothing is written behind it.
  const { format } = (response.request.text ?? {}) as { format?: { type?: string } };
  const isJson = scenario === 'json_schema' || format?.type?.startsWith('json');
  const { text, annotations } = cited(response, isJson ? [] : citations);
  return { ...base, status, content: [{ type: 'output_text', text, annotations, logprobs: [] }] };
}

/** The whole output of a response that has ended well, or half-way. */
export function outputOf(response: StoredResponse): ResponseOutputItem[] {
  const { items, citations, last } = toolItems(response);
  const before = [...reasoning(response), ...items];
  return last ? before : [...before, message(response, citations)];
}

const tokens = (text: string): number => Math.max(1, Math.ceil(Buffer.byteLength(text) / 4));

function wordsOf(item: ResponseOutputItem): string {
  if (item.type === 'message') {
    return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('');
  }
  if (item.type === 'function_call' || item.type === 'mcp_call') return item.name + item.arguments;
  return item.type === 'code_interpreter_call' ? (item.code ?? '') : '';
}

/** About four bytes a token, for the prompt and for every text in the output. */
export function usageOf({ request }: StoredResponse, output: ResponseOutputItem[]): ResponseUsage {
  const instructions = request.instructions == null ? '' : JSON.stringify(request.instructions);
  const input_tokens = tokens(promptOf(request) + instructions);
  const reasoning_tokens = output.some(({ type }) => type === 'reasoning') ? REASONING_TOKENS : 0;
  const output_tokens = tokens(output.map(wordsOf).join('')) + reasoning_tokens;
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens: input_tokens + output_tokens,
  };
}
