/** The words of answers: made from the prompt, so that a mixed-up result is seen. */
import { instanceOf } from './json-schema';
import { markOf, openingOf } from './prompt';
import { metadataOf } from './scenarios';
import { inSections, titlesOf } from './sections';
import type { Json, StoredResponse } from './types';

const FILLER = [
  'The evidence points the same way from three sides.',
  'Each step follows from the one before it, and none of them is skipped here.',
  'What looks like an exception turns out to be the rule seen from behind.',
  'The numbers are small, but they are counted and not guessed.',
  'A careful reader will want to check this against the sources.',
  'The otters, for their part, had already left the station.',
];

/**
 * The first words of the prompt, a mark of the whole of it, the files that were read, and sentences chosen by
 * the mark; in sections where the prompt lists them.
 */
function plainText(response: StoredResponse): string {
  const mark = markOf(response);
  const files = response.files.map(({ filename, bytes }) => `${filename} (${bytes} bytes)`);
  const start = parseInt(mark.slice(0, 4), 16);
  const sentence = (i: number): string => FILLER[(start + i * 7) % FILLER.length] ?? '';
  const opening = [
    `You asked: "${openingOf(response.request, 12)}" [${mark}].`,
    ...(files.length > 0 ? [`Files read: ${files.join(', ')}.`] : []),
  ];
  const titles = titlesOf(response.request);
  if (titles.length > 0) return inSections(opening.join(' '), titles, sentence, mark);
  return [...opening, ...[0, 1, 2, 3].map(sentence)].join(' ');
}

/** `metadata.emulator_output_bytes`, if any. */
export function wantedBytes({ request }: StoredResponse): number | null {
  const text = metadataOf(request).emulator_output_bytes;
  return text === undefined ? null : Math.floor(Number(text));
}

/** Makes a text exactly `sizeBytes` long in UTF-8, by cutting it or by repeating `unit` (ASCII). */
export function fit(text: string, sizeBytes: number, unit: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= sizeBytes) return text.padEnd(text.length + sizeBytes - bytes, unit);
  // A character that is cut in two decodes to U+FFFD.
  const whole = Buffer.from(text)
    .subarray(0, sizeBytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return whole + '.'.repeat(Math.max(0, sizeBytes - Buffer.byteLength(whole)));
}

const DEFAULT_SCHEMA: Json = {
  type: 'object',
  properties: { answer: { type: 'string' }, confidence: { type: 'number' } },
  required: ['answer', 'confidence'],
};

function jsonText(response: StoredResponse): string | null {
  const format = (response.request.text as { format?: Json } | null | undefined)?.format;
  const words = plainText(response);
  if (format?.type === 'json_object') return JSON.stringify({ answer: words });
  if (format?.type === 'json_schema') return JSON.stringify(instanceOf((format.schema ?? {}) as Json, words));
  return response.script.scenario === 'json_schema' ? JSON.stringify(instanceOf(DEFAULT_SCHEMA, words)) : null;
}

/** An unfinished answer stops half-way, and within the tokens that it was allowed. */
function cut(response: StoredResponse, text: string): string {
  if (response.script.ending.status !== 'incomplete') return text;
  const allowed = Number(response.request.max_output_tokens ?? Infinity) * 4;
  return text.slice(0, Math.min(Math.ceil(text.length / 2), allowed));
}

/** The text of the message, but for `reservedBytes` that are still to come. */
export function answerText(response: StoredResponse, reservedBytes: number): string {
  const json = jsonText(response);
  const wanted = wantedBytes(response);
  if (wanted === null) return cut(response, json ?? plainText(response));
  // White space is the only thing that makes JSON longer and no other.
  if (json !== null) return fit(json, Math.max(wanted - reservedBytes, Buffer.byteLength(json)), ' ');
  return fit(plainText(response), wanted - reservedBytes, ` ${FILLER[0]} [${markOf(response)}] ${FILLER[3]}`);
}
