/** The tools of a request: their exact fields. */
import { missing, refuse } from './errors';
import { any, array, boolean, check, integer, number, object, oneOf, string, type Rule } from './rules';
import type { Json } from './types';

const strings = array({ items: string() });

const userLocation = object({
  fields: { type: oneOf('approximate'), country: string(), region: string(), city: string(), timezone: string() },
});

const contextSize = oneOf('low', 'medium', 'high');

const webSearch: Rule = {
  fields: {
    type: any,
    filters: object({ fields: { allowed_domains: strings, blocked_domains: strings } }),
    user_location: userLocation,
    search_context_size: contextSize,
    external_web_access: boolean(),
    return_token_budget: any,
    search_content_types: strings,
    image_settings: object(),
  },
};

const webSearchPreview: Rule = {
  fields: {
    type: any,
    user_location: userLocation,
    search_context_size: contextSize,
    search_content_types: strings,
  },
};

const container: Rule = {
  kinds: ['string', 'object'],
  fields: {
    type: oneOf('auto'),
    file_ids: array({ maxItems: 50, items: string() }),
    memory_limit: oneOf('1g', '4g', '16g', '64g'),
    network_policy: object(),
  },
  required: ['type'],
};

const codeInterpreter: Rule = {
  fields: { type: any, container, allowed_callers: strings },
  required: ['container'],
};

const CONNECTORS = 'dropbox gmail googlecalendar googledrive microsoftteams outlookcalendar outlookemail sharepoint';

/** Where the server is: one of three. */
function checkTarget(tool: Json, param: string): void {
  const given = ['server_url', 'connector_id', 'tunnel_id'].filter((field) => tool[field] != null);
  if (given.length === 0) throw missing(`${param}.server_url`);
  if (given.length === 1) return;
  const names = given.map((field) => `'${param}.${field}'`).join(', ');
  const text = `Mutually exclusive parameters: ${names}. Ensure you are only providing one.`;
  throw refuse('mutually_exclusive_parameters', param, text);
}

function checkApproval(value: unknown, param: string): void {
  if (typeof value === 'string') check(value, oneOf('always', 'never'), param);
}

const mcp: Rule = {
  fields: {
    type: any,
    server_label: string(),
    server_url: string(),
    connector_id: oneOf(...CONNECTORS.split(' ').map((name) => `connector_${name}`)),
    tunnel_id: string({ pattern: /^tunnel_[a-z0-9]{32}$/ }),
    authorization: string(),
    headers: object({ entries: string() }),
    server_description: string(),
    allowed_tools: { kinds: ['array', 'object'], items: string() },
    require_approval: { kinds: ['string', 'object'], also: checkApproval },
    defer_loading: boolean(),
    allowed_callers: strings,
  },
  required: ['server_label'],
  also: checkTarget,
};

const fileSearch: Rule = {
  fields: {
    type: any,
    vector_store_ids: strings,
    max_num_results: integer({ min: 1, max: 50 }),
    ranking_options: object({ fields: { ranker: string(), score_threshold: number(), hybrid_search: object() } }),
    filters: object(),
  },
  required: ['vector_store_ids'],
};

const functionTool: Rule = {
  fields: {
    type: any,
    name: string({ maxLength: 64, pattern: /^[a-zA-Z0-9_-]+$/ }),
    description: string(),
    parameters: object(),
    strict: boolean(),
    defer_loading: boolean(),
    allowed_callers: strings,
    output_schema: object(),
  },
  required: ['name'],
};

const TOOLS: Record<string, Rule> = {
  web_search: webSearch,
  web_search_2025_08_26: webSearch,
  web_search_preview: webSearchPreview,
  web_search_preview_2025_03_11: webSearchPreview,
  code_interpreter: codeInterpreter,
  mcp,
  file_search: fileSearch,
  function: functionTool,
};

/** Tools of the API that are let through as they are; nothing comes of them. */
const OTHERS =
  'computer computer_use_preview image_generation local_shell shell custom namespace tool_search apply_patch programmatic_tool_calling';

const toolType = oneOf(...Object.keys(TOOLS), ...OTHERS.split(' '));

function checkTool(tool: Json, param: string): void {
  if (tool.type === undefined) throw missing(`${param}.type`);
  check(tool.type, toolType, `${param}.type`);
  const rule = TOOLS[tool.type as string];
  if (rule) check(tool, rule, param);
}

export const tools = array({ items: object({ also: checkTool }) });
