/** Answers, made from the prompt: they quote it and vary with it, so that a mixed-up result is seen. */
import { createHash } from 'node:crypto';
import type { ResponseOutputItem, ResponseUsage } from 'openai/resources/responses/responses';
import { metadataOf } from './scenarios';
import { instanceOf } from './json-schema';
import { toolItems, type Citation } from './tools';
import type { Json, StoredResponse } from './types';

export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Ids that depend on the response only: the same after a restart. */
export const derivedId = (prefix: string, response: StoredResponse, part: string): string =>
  `${prefix}_${createHash('sha256').update(`${response.id}/${part}`).digest('hex').slice(0, 40)}`;

/** The text of the prompt, whatever its form. */
export function promptOf(request: Json): string {
  const { input } = request;
  if (typeof input === 'string') return input;
  const texts: string[] = [];
  JSON.stringify(input ?? '', (key, value: unknown) => {
    if (key === 'text' || (key === 'content' && typeof value === 'string')) texts.push(String(value));
    return value;
  });
  return texts.join('\n');
}

const FILLER = [
  'The evidence points the same way from three sides.',
  'Each step follows from the one before it, and none of them is skipped here.',
  'What looks like an exception turns out to be the rule seen from behind.',
  'The numbers are small, but they are counted and not guessed.',
  'A careful reader will want to check this against the sources.',
  'The otters, for their part, had already left the station.',
];

/** The first words of the prompt, a mark of the whole of it, and some sentences chosen by the mark. */
function answerText(request: Json): string {
  const prompt = promptOf(request);
  const mark = shortHash(JSON.stringify(request.input ?? null));
  const words = prompt.trim().split(/\s+/).slice(0, 12).join(' ');
  const opening = `You asked: "${words}" [${mark}]. `;
  const start = parseInt(mark.slice(0, 4), 16);
  const sentences = Array.from({ length: 4 }, (_, i) => FILLER[(start + i * 7) % FILLER.length]);
  return sizedText(opening + sentences.join(' '), Number(metadataOf(request).emulator_output_bytes ?? NaN));
}

/** Exactly `sizeBytes` of ASCII when that is given. */
function sizedText(text: string, sizeBytes: number): string {
  if (!Number.isInteger(sizeBytes) || sizeBytes <= 0) return text;
  const ascii = text.replace(/[^\x20-\x7e]/g, '?');
  return ascii.padEnd(sizeBytes, ` ${FILLER[0]} ${FILLER[3]}`).slice(0, sizeBytes);
}

function reasoningItem(response: StoredResponse): ResponseOutputItem[] {
  const reasoning = response.request.reasoning as { summary?: string } | null | undefined;
  if (!reasoning && response.script.scenario !== 'reasoning') return [];
  const text = `**Reading the request** The prompt is marked ${shortHash(JSON.stringify(response.request.input ?? null))}.`;
  return [
    {
      type: 'reasoning',
      id: derivedId('rs', response, 'reasoning'),
      summary: reasoning?.summary ? [{ type: 'summary_text', text }] : [],
      encrypted_content: Buffer.from(`encrypted:${response.id}`).toString('base64'),
    },
  ];
}

function messageText(response: StoredResponse): string {
  const { request } = response;
  const format = (request.text as { format?: { type?: string; schema?: Json } } | null | undefined)?.format;
  if (format?.type === 'json_schema') return JSON.stringify(instanceOf(format.schema ?? {}, answerText(request)));
  if (format?.type === 'json_object') return JSON.stringify({ answer: answerText(request) });
  return answerText(request);
}

function message(response: StoredResponse, citations: Citation[]): ResponseOutputItem {
  const { scenario, ending } = response.script;
  const base = { type: 'message', role: 'assistant', id: derivedId('msg', response, 'message') } as const;
  if (scenario === 'refusal') {
    return {
      ...base,
      status: 'completed',
      content: [{ type: 'refusal', refusal: "I'm sorry, but I can't help with that." }],
    };
  }
  const whole = messageText(response);
  const cut = ending.status === 'incomplete' ? whole.slice(0, Math.ceil(whole.length / 2)) : whole;
  let text = cut;
  const annotations = citations.map((citation) => {
    const start = text.length + 1;
    text += ` ${citation.label}`;
    return citation.annotation(start, text.length);
  });
  const status = ending.status === 'incomplete' ? 'incomplete' : 'completed';
  return { ...base, status, content: [{ type: 'output_text', text, annotations, logprobs: [] }] };
}

/** The whole output of a response that has ended well, or half-way. */
export function outputOf(response: StoredResponse): ResponseOutputItem[] {
  if (response.script.ending.status === 'failed') return [];
  const { items, citations, last } = toolItems(response);
  const before = [...reasoningItem(response), ...items];
  return last ? [...before, last] : [...before, message(response, citations)];
}

/** About four characters a token, as people reckon. */
export function usageOf(response: StoredResponse, output: ResponseOutputItem[]): ResponseUsage {
  const tokens = (text: string) => Math.max(1, Math.ceil(text.length / 4));
  const input = tokens(promptOf(response.request) + JSON.stringify(response.request.instructions ?? ''));
  const reasoning = output.some((item) => item.type === 'reasoning') ? 64 : 0;
  const texts = output.flatMap((item) =>
    item.type === 'message' ? item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)) : [],
  );
  const written = tokens(texts.join('')) + reasoning;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: written,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + written,
  } as ResponseUsage;
}
