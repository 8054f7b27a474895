/** The parameters of a request as the API gives them back. */
import type { Json, StoredResponse } from './types';

/** What the API says where a request is silent. */
const DEFAULTS: Json = {
  background: false,
  conversation: null,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  model: 'o3',
  moderation: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt: null,
  prompt_cache_key: null,
  prompt_cache_retention: null,
  safety_identifier: null,
  service_tier: 'auto',
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
  frequency_penalty: 0,
  presence_penalty: 0,
};

const NOT_ECHOED = ['input', 'include', 'stream', 'stream_options', 'context_management'];

const LOCATION = { type: 'approximate', country: null, region: null, city: null, timezone: null };

const TOOL_DEFAULTS: Record<string, Json> = {
  web_search: { filters: null, search_context_size: 'medium', user_location: LOCATION },
  web_search_preview: { search_context_size: 'medium', user_location: LOCATION },
  file_search: { filters: null, max_num_results: 20, ranking_options: { ranker: 'auto', score_threshold: 0 } },
  function: { description: null, parameters: null, strict: true },
  mcp: { allowed_tools: null, headers: null, require_approval: 'always', server_description: null },
};

const REDACTED = '<redacted>';

/** Defaults of the tool's kind; what opens another server's doors is not given back. */
function echoedTool(tool: Json): Json {
  const shown: Json = { ...TOOL_DEFAULTS[String(tool.type).replace(/_\d{4}_\d{2}_\d{2}$/, '')], ...given(tool) };
  if (tool.authorization != null) shown.authorization = REDACTED;
  if (tool.headers != null) {
    shown.headers = Object.fromEntries(Object.keys(tool.headers).map((name) => [name, REDACTED]));
  }
  return shown;
}

const given = (fields: unknown): Json =>
  Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null));

function textOf(text: unknown): Json {
  const { format, ...rest } = given(text);
  const shown = (format as Json | undefined) ?? { type: 'text' };
  const defaults = shown.type === 'json_schema' ? { description: null, strict: false } : {};
  return { verbosity: 'medium', ...rest, format: { ...defaults, ...shown } };
}

function reasoningOf(reasoning: unknown): Json {
  const { generate_summary, ...rest } = given(reasoning);
  return { effort: null, summary: generate_summary ?? null, ...rest };
}

function make({ request }: StoredResponse): Json {
  const plain = Object.entries(request).filter(([key, value]) => value !== null && !NOT_ECHOED.includes(key));
  const { conversation, tools } = request;
  return {
    ...DEFAULTS,
    ...Object.fromEntries(plain),
    reasoning: reasoningOf(request.reasoning),
    text: textOf(request.text),
    tools: Array.isArray(tools) ? tools.map((tool: Json) => echoedTool(tool)) : [],
    ...(typeof conversation === 'string' ? { conversation: { id: conversation } } : {}),
  };
}

const echoes = new WeakMap<StoredResponse, Json>();

/** Made once for each response: it is part of every answer to every look. */
export function echoOf(response: StoredResponse): Json {
  let echo = echoes.get(response);
  if (!echo) echoes.set(response, (echo = make(response)));
  return echo;
}

const TIERS_USED: Record<string, string> = { auto: 'default', fast: 'priority' };

/** The tier that was asked for while it runs, the one that was used when it has ended. */
export function tierOf(response: StoredResponse, ended: boolean): string {
  const asked = String(echoOf(response).service_tier);
  return ended ? (TIERS_USED[asked] ?? asked) : asked;
}
