/** Refuses what the API refuses, with its messages, `param` and `code`. */
import { ApiError, missing, refuse } from './errors';
import { any, array, boolean, check, integer, number, object, oneOf, string, type Rule } from './rules';
import { checkSwitches } from './scenarios';
import { checkStrictSchema } from './strict-schema';
import { tools } from './tool-rules';
import type { Json } from './types';

const include = oneOf(
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
);

const summary = oneOf('auto', 'concise', 'detailed');

const reasoning = object({
  fields: {
    effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    summary,
    generate_summary: summary,
    context: oneOf('auto', 'current_turn', 'all_turns'),
    mode: string(),
  },
});

function checkFormat(format: Json, param: string): void {
  if (format.type == null) throw missing(`${param}.type`);
  if (format.type !== 'json_schema') return;
  for (const field of ['name', 'schema']) if (format[field] == null) throw missing(`${param}.${field}`);
  if (format.strict === true) checkStrictSchema(format.schema as Json, String(format.name));
}

const format = object({
  fields: {
    type: oneOf('text', 'json_object', 'json_schema'),
    name: string({ maxLength: 64, pattern: /^[a-zA-Z0-9_-]+$/ }),
    schema: object(),
    strict: boolean(),
    description: string(),
  },
  also: checkFormat,
});

function checkConversation(value: unknown, param: string): void {
  if (typeof value === 'object') check(value, { required: ['id'] }, param);
}

const PARAMS: Record<string, Rule> = {
  background: boolean(),
  context_management: array({
    items: object({ fields: { type: oneOf('compaction'), compact_threshold: integer({ min: 1000 }) } }),
  }),
  conversation: { kinds: ['string', 'object'], also: checkConversation },
  include: array({ items: include }),
  input: {
    kinds: ['string', 'array'],
    expected: 'a string or an array of input items',
    items: object(),
  },
  instructions: { kinds: ['string', 'array'] },
  max_output_tokens: integer({ min: 16 }),
  max_tool_calls: integer({ min: 1 }),
  metadata: object({ maxProperties: 16, maxKeyLength: 64, entries: string({ maxLength: 512 }) }),
  model: string(),
  moderation: object(),
  parallel_tool_calls: boolean(),
  previous_response_id: string(),
  prompt: object({ fields: { id: string(), version: string(), variables: object() }, required: ['id'] }),
  prompt_cache_key: string(),
  prompt_cache_options: object({ fields: { mode: oneOf('implicit', 'explicit'), ttl: any } }),
  prompt_cache_retention: oneOf('in_memory', 'in-memory', '24h'),
  reasoning,
  safety_identifier: string({ maxLength: 64 }),
  service_tier: oneOf('auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'),
  store: boolean(),
  stream: boolean(),
  stream_options: object({ fields: { include_obfuscation: boolean() } }),
  temperature: number({ min: 0, max: 2 }),
  text: object({ fields: { format, verbosity: oneOf('low', 'medium', 'high') } }),
  tool_choice: { kinds: ['string', 'object'], also: checkChoice },
  tools,
  top_logprobs: integer({ min: 0, max: 20 }),
  top_p: number({ min: 0, max: 1 }),
  truncation: oneOf('auto', 'disabled'),
  user: string(),
};

function checkChoice(value: unknown, param: string): void {
  check(value, typeof value === 'string' ? oneOf('none', 'auto', 'required') : object({ required: ['type'] }), param);
}

/** What only the whole request can tell. */
function checkTogether(request: Json): void {
  const has = (field: string): boolean => request[field] != null;
  if (has('conversation') && has('previous_response_id')) {
    const text =
      "Mutually exclusive parameters: 'conversation', 'previous_response_id'. Ensure you are only providing one.";
    throw refuse('mutually_exclusive_parameters', null, text);
  }
  if (has('stream_options') && request.stream !== true) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    throw new ApiError(400, text, { param: 'stream_options' });
  }
  // A prompt template brings its own model and input.
  if (has('prompt')) return;
  if (!has('model')) throw missing('model');
  if (!has('input') && !has('conversation') && !has('previous_response_id')) throw missing('input');
}

/** @throws ApiError as the API would answer `POST /v1/responses` with this body. */
export function checkCreate(body: unknown): asserts body is Json {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
  check(body, { fields: PARAMS }, '');
  checkTogether(body as Json);
  checkSwitches(body as Json);
}
