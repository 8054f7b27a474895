/** Refuses what the API refuses, with its messages, `param` and `code`. */
import { checkTools } from './validate-tools';
import { ApiError, type Json } from './types';

type Kind = 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array' | 'any';

const PARAMS: Record<string, Kind> = {
  background: 'boolean',
  context_management: 'array',
  conversation: 'any',
  include: 'array',
  input: 'any',
  instructions: 'any',
  max_output_tokens: 'integer',
  max_tool_calls: 'integer',
  metadata: 'object',
  model: 'string',
  moderation: 'object',
  parallel_tool_calls: 'boolean',
  previous_response_id: 'string',
  prompt: 'object',
  prompt_cache_key: 'string',
  prompt_cache_options: 'object',
  prompt_cache_retention: 'string',
  reasoning: 'object',
  safety_identifier: 'string',
  service_tier: 'string',
  store: 'boolean',
  stream: 'boolean',
  stream_options: 'object',
  temperature: 'number',
  text: 'object',
  tool_choice: 'any',
  tools: 'array',
  top_logprobs: 'integer',
  top_p: 'number',
  truncation: 'string',
  user: 'string',
};

const INCLUDE = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
];

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const TIERS = ['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'];
const SUMMARIES = ['auto', 'concise', 'detailed'];

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  return typeof value;
};

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** A 400 with the place and the code of the API. */
export const refuse = (code: string, param: string, message: string): ApiError =>
  new ApiError(400, message, { code, param });

/** @throws ApiError `invalid_type` unless `value` is of the kind. */
export function checkKind(value: unknown, kind: Kind, param: string): void {
  const actual = kindOf(value);
  const fits =
    kind === 'any' || actual === kind || (kind === 'number' && (actual === 'integer' || actual === 'decimal'));
  if (fits) return;
  const expected = kind === 'object' || kind === 'array' ? `an ${kind}` : article(kind);
  throw refuse(
    'invalid_type',
    param,
    `Invalid type for '${param}': expected ${expected}, but got ${article(actual)} instead.`,
  );
}

export function checkEnum(value: unknown, allowed: readonly string[], param: string): void {
  if (value === undefined || value === null) return;
  checkKind(value, 'string', param);
  const text = value as string;
  if (allowed.includes(text)) return;
  const list = allowed.map((name) => `'${name}'`).join(', ');
  throw refuse('invalid_value', param, `Invalid value: '${text}'. Supported values are: ${list}.`);
}

function checkLength(value: unknown, max: number, param: string): void {
  if (typeof value !== 'string' || value.length <= max) return;
  const text = `Expected a string with maximum length ${max}, but got a string with length ${value.length} instead.`;
  throw refuse('string_above_max_length', param, `Invalid '${param}': string too long. ${text}`);
}

function checkMetadata(metadata: Json): void {
  const entries = Object.entries(metadata);
  if (entries.length > 16) {
    const text = `Expected an object with at most 16 properties, but got an object with ${entries.length} properties instead.`;
    throw refuse('object_above_max_properties', 'metadata', `Invalid 'metadata': too many properties. ${text}`);
  }
  for (const [key, value] of entries) {
    const param = `metadata.${key}`;
    checkKind(value, 'string', param);
    checkLength(value, 512, param);
    checkLength(key, 64, param);
  }
}

function checkRange(value: unknown, param: string, min: number, max: number): void {
  if (typeof value !== 'number') return;
  const kind = Number.isInteger(value) ? 'integer' : 'decimal';
  const say = (side: 'below_min' | 'above_max', bound: string) =>
    refuse(
      `${kind}_${side}_value`,
      param,
      `Invalid '${param}': ${kind} ${side.replace('_', ' ')} value. Expected a value ${bound}, but got ${value} instead.`,
    );
  if (value < min) throw say('below_min', `>= ${min}`);
  if (value > max) throw say('above_max', `<= ${max}`);
}

function checkReasoning(value: unknown): void {
  if (value == null) return;
  const reasoning = value as Json;
  const known = ['effort', 'summary', 'context', 'mode', 'generate_summary'];
  const unknown = Object.keys(reasoning).find((key) => !known.includes(key));
  if (unknown) throw refuse('unknown_parameter', `reasoning.${unknown}`, `Unknown parameter: 'reasoning.${unknown}'.`);
  checkEnum(reasoning.effort, EFFORTS, 'reasoning.effort');
  checkEnum(reasoning.summary, SUMMARIES, 'reasoning.summary');
}

function checkFormat(text: unknown): void {
  const format = (text as { format?: Json } | null | undefined)?.format;
  if (!format) return;
  checkEnum(format.type, ['text', 'json_object', 'json_schema'], 'text.format.type');
  if (format.type !== 'json_schema') return;
  for (const field of ['name', 'schema']) {
    const param = `text.format.${field}`;
    if (format[field] === undefined)
      throw refuse('missing_required_parameter', param, `Missing required parameter: '${param}'.`);
  }
}

/** @throws ApiError as the API would answer `POST /v1/responses` with this body. */
export function checkCreate(body: unknown): asserts body is Json {
  if (kindOf(body) !== 'object') throw new ApiError(400, 'We could not parse the JSON body of your request.');
  const request = body as Json;
  for (const [param, value] of Object.entries(request)) {
    const kind = Object.hasOwn(PARAMS, param) ? PARAMS[param] : undefined;
    if (!kind) throw refuse('unknown_parameter', param, `Unknown parameter: '${param}'.`);
    if (value !== null) checkKind(value, kind, param);
  }
  if (request.prompt == null) {
    for (const param of ['model', 'input']) {
      if (request[param] == null)
        throw refuse('missing_required_parameter', param, `Missing required parameter: '${param}'.`);
    }
  }
  const { input } = request;
  if (input != null && typeof input !== 'string' && !Array.isArray(input)) checkKind(input, 'string', 'input');
  if (request.metadata) checkMetadata(request.metadata as Json);
  checkRange(request.max_output_tokens, 'max_output_tokens', 16, Number.MAX_SAFE_INTEGER);
  checkRange(request.temperature, 'temperature', 0, 2);
  checkRange(request.top_p, 'top_p', 0, 1);
  checkLength(request.safety_identifier, 64, 'safety_identifier');
  checkEnum(request.truncation, ['auto', 'disabled'], 'truncation');
  checkEnum(request.service_tier, TIERS, 'service_tier');
  checkReasoning(request.reasoning);
  checkFormat(request.text);
  ((request.include ?? []) as unknown[]).forEach((name, i) => checkEnum(name, INCLUDE, `include[${i}]`));
  checkTools((request.tools ?? []) as unknown[]);
  if (request.conversation != null && request.previous_response_id != null) {
    throw new ApiError(
      400,
      "Mutually exclusive parameters: 'conversation', 'previous_response_id'. Ensure you are only providing one.",
      {
        code: 'mutually_exclusive_parameters',
      },
    );
  }
}
