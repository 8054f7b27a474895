/** How a task is shown in lists and pages. Pure; used by the client and by the batch workflow. */
import type { ItemHead } from './page';
import type { ReportInput } from './report';
import type { PossibleOrphan, Priority, TaskInput } from './task';

/** The engine's priority key: 1 is served first. */
const PRIORITY_KEYS: Record<Priority, number> = { high: 1, medium: 3, low: 5 };

/**
 * The server's bounds are 400 bytes for the payload of a summary and 20,000 for that of details. JSON takes 30 of them,
 * encryption up to 170. A server that is asked for more fails the start, or the workflow's task again and again.
 */
const MAX_SUMMARY_BYTES = 190;
const MAX_DETAILS_BYTES = 19_000;
const PROMPT_EXCERPT_CHARS = 200;

/** In JSON and UTF-8; counted by hand since workflows have no encoder. */
function bytesOf(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  const escaped = JSON.stringify(char).length - 2;
  if (escaped > char.length) return escaped;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** The longest beginning of a text that has at most so many bytes. */
function cut(text: string, maxBytes: number): string {
  let [bytes, end] = [0, 0];
  for (const char of text) {
    bytes += bytesOf(char);
    if (bytes > maxBytes) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** A summary that the server takes, whatever is in it. */
export const summaryOf = (text: string): string => cut(text, MAX_SUMMARY_BYTES);

const toolNames = ({ request }: TaskInput): string[] => {
  const tools: unknown = request?.tools;
  return Array.isArray(tools) ? tools.map((tool: { type?: string } | null) => String(tool?.type ?? '?')) : [];
};

/** One plain line without any text of the prompt: `o3 · high priority · web_search`. */
export function taskSummary(input: TaskInput): string {
  const source = input.attach
    ? `attached to ${input.attach.responseId}`
    : (input.request?.model ?? 'model of the prompt');
  const effort = input.request?.reasoning?.effort;
  const parts = [
    source,
    effort && `${effort} effort`,
    `${input.options?.priority ?? 'medium'} priority`,
    toolNames(input).join(', '),
  ];
  return summaryOf(parts.filter(Boolean).join(' · '));
}

/** One plain line without any text of the title or the names. */
export const reportSummary = ({ sources, model, sections, options }: ReportInput): string =>
  summaryOf(
    `report · ${sources.length} sources · ${sections.length} sections · ${model} · ${options.priority ?? 'medium'} priority`,
  );

/** A markdown list for the task's page; encoded like every payload, so it may quote the prompt's beginning. */
export function taskDetails(input: TaskInput): string {
  const { request, options } = input;
  const prompt = typeof request?.input === 'string' ? [...request.input.slice(0, 2 * PROMPT_EXCERPT_CHARS)] : [];
  const excerpt = prompt.slice(0, PROMPT_EXCERPT_CHARS).join('').replace(/\s+/g, ' ');
  const labels = Object.entries(options?.labels ?? {}).map(([key, value]) => `- ${key}: ${value}`);
  const lines = [
    `- model: ${request?.model ?? '(attached)'}`,
    ...(toolNames(input).length > 0 ? [`- tools: ${toolNames(input).join(', ')}`] : []),
    ...labels,
    ...(excerpt ? ['', `> ${excerpt}${prompt.length > PROMPT_EXCERPT_CHARS ? '…' : ''}`] : []),
  ];
  return cut(lines.join('\n'), MAX_DETAILS_BYTES);
}

/** The page of a batch's item; its prompt stays in the store. */
export function itemDetails({ index, model, options }: ItemHead, batchId: string): string {
  const labels = Object.entries(options.labels ?? {}).map(([key, value]) => `- ${key}: ${value}`);
  const lines = [`- item ${index + 1} of batch ${batchId}`, `- model: ${model ?? '(attached)'}`, ...labels];
  return cut(lines.join('\n'), MAX_DETAILS_BYTES);
}

/** The server's bound on fairness keys. */
const MAX_FAIRNESS_KEY_BYTES = 64;

/**
 * The engine's priority. The tenant, or else the batch, is the fairness key, so that one with many tasks does not
 * starve the others.
 */
export function priorityOf(input: TaskInput, batchId?: string): { priorityKey: number; fairnessKey?: string } {
  const { priority = 'medium', tenant } = input.options ?? {};
  // The end of a long id tells batches apart: it has the time and the random part.
  const fairnessKey = tenant ?? batchId?.slice(-MAX_FAIRNESS_KEY_BYTES);
  return { priorityKey: PRIORITY_KEYS[priority], ...(fairnessKey ? { fairnessKey } : {}) };
}

/** A create that was answered to nobody, in a line. */
export const orphanText = ({ attempt, reason, responseId }: PossibleOrphan): string =>
  `attempt ${attempt}, ${responseId ? `response ${responseId}, ` : ''}${reason}`;
