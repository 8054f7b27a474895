/** The tools of a request: their exact fields. */
import { checkKind, refuse } from './validate';
import type { Json } from './types';

interface Shape {
  allowed: string[];
  required: string[];
}

const shape = (required: string[], optional: string[]): Shape => ({
  required,
  allowed: ['type', ...required, ...optional],
});

const TOOLS: Record<string, Shape> = {
  web_search: shape([], ['filters', 'user_location', 'search_context_size', 'external_web_access']),
  web_search_preview: shape([], ['user_location', 'search_context_size', 'search_content_types']),
  code_interpreter: shape(['container'], ['allowed_callers']),
  mcp: shape(
    ['server_label'],
    [
      'server_url',
      'connector_id',
      'tunnel_id',
      'authorization',
      'headers',
      'server_description',
      'allowed_tools',
      'require_approval',
      'defer_loading',
      'allowed_callers',
    ],
  ),
  file_search: shape(['vector_store_ids'], ['max_num_results', 'ranking_options', 'filters']),
  function: shape(['name'], ['parameters', 'strict', 'description']),
};

const NESTED: Record<string, string[]> = {
  'code_interpreter.container': ['type', 'file_ids', 'memory_limit', 'network_policy'],
  'web_search.filters': ['allowed_domains'],
};

function checkFields(value: Json, allowed: string[], place: string): void {
  const unknown = Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown) throw refuse('unknown_parameter', `${place}.${unknown}`, `Unknown parameter: '${place}.${unknown}'.`);
}

const missing = (param: string) =>
  refuse('missing_required_parameter', param, `Missing required parameter: '${param}'.`);

function checkTool(tool: Json, place: string): void {
  if (tool.type === undefined) throw missing(`${place}.type`);
  if (typeof tool.type !== 'string') throw refuse('invalid_type', `${place}.type`, `Invalid type for '${place}.type'.`);
  const type = tool.type.replace(/_\d{4}_\d{2}_\d{2}$/, '');
  const known = Object.hasOwn(TOOLS, type) ? TOOLS[type] : undefined;
  // The union has more members than tasks here use; those pass.
  if (!known) return;
  checkFields(tool, known.allowed, place);
  for (const field of known.required) if (tool[field] == null) throw missing(`${place}.${field}`);
  for (const [path, allowed] of Object.entries(NESTED)) {
    const field = path.split('.')[1] ?? '';
    const value = tool[field];
    if (path.startsWith(`${type}.`) && typeof value === 'object' && value !== null) {
      checkFields(value as Json, allowed, `${place}.${field}`);
      const { file_ids } = value as Json;
      if (file_ids != null) checkKind(file_ids, 'array', `${place}.${field}.file_ids`);
    }
  }
  const targets = ['server_url', 'connector_id', 'tunnel_id'].filter((field) => tool[field] != null);
  if (type === 'mcp' && targets.length === 0) throw missing(`${place}.server_url`);
}

/** @throws ApiError for the first tool that the API would refuse. */
export function checkTools(tools: unknown[]): void {
  tools.forEach((tool, i) => {
    checkKind(tool, 'object', `tools[${i}]`);
    checkTool(tool as Json, `tools[${i}]`);
  });
}
