/** The tools of a request: what the API is sure to refuse. Types and fields that are not known here are the API's to judge. */
import { credentialProblems } from './credentials';
import { at, isFields, isText, isTextList, own, misspeltFields, type Fields, type Problem } from './problem';

interface Shape {
  fields: string[];
  /** Fields that people write here and the API refuses, each with what to write instead. */
  hints?: Record<string, string>;
  check?: (tool: Fields, place: string) => Problem[];
}

const FILE_IDS = 'it takes ids like "file-…" (or leave it out and name paths in the task option files)';

const CONTAINER = {
  fields: ['type', 'file_ids', 'memory_limit', 'network_policy'],
  hints: { files: `did you mean file_ids? ${FILE_IDS}` },
};

const LOCATION_FIELDS = ['type', 'country', 'region', 'city', 'timezone'];

function checkContainer(tool: Fields, place: string): Problem[] {
  const container = own(tool, 'container');
  const field = at(place, 'container');
  if (isText(container)) return [];
  if (!isFields(container)) {
    const found = container === undefined ? 'missing' : 'expected an object or an id';
    return [{ field, message: `${found}; write {"type": "auto"}, or the id of a container ("cntr_…")` }];
  }
  const problems = misspeltFields(container, CONTAINER.fields, { place: field, hints: CONTAINER.hints });
  if (!isText(own(container, 'type'))) problems.push({ field: at(field, 'type'), message: 'missing; write "auto"' });
  const ids = own(container, 'file_ids');
  const usable = isTextList(ids) && ids.length <= 50 && ids.every((id) => /^[\w-]{1,128}$/.test(id));
  if (ids !== undefined && !usable) {
    problems.push({ field: at(field, 'file_ids'), message: `expected an array of at most 50 ids; ${FILE_IDS}` });
  }
  return problems;
}

function checkLocation(tool: Fields, place: string): Problem[] {
  const location = own(tool, 'user_location');
  const field = at(place, 'user_location');
  if (location === undefined) return [];
  if (!isFields(location)) return [{ field, message: 'expected an object; write {"type": "approximate", …}' }];
  return misspeltFields(location, LOCATION_FIELDS, { place: field });
}

const DOMAIN_FILTERS = ['allowed_domains', 'blocked_domains'];
const NO_FILTER_TYPE = 'web_search filters by domains; filters with a type are those of file_search';

function checkWebSearch(tool: Fields, place: string): Problem[] {
  const filters = own(tool, 'filters');
  const field = at(place, 'filters');
  const problems = checkLocation(tool, place);
  if (filters === undefined) return problems;
  const example = 'write {"allowed_domains": ["example.org"]}';
  if (!isFields(filters)) return [...problems, { field, message: `expected an object; ${example}` }];
  problems.push(...misspeltFields(filters, DOMAIN_FILTERS, { place: field, hints: { type: NO_FILTER_TYPE } }));
  for (const name of DOMAIN_FILTERS) {
    const domains = own(filters, name);
    if (domains === undefined || isTextList(domains)) continue;
    problems.push({ field: at(field, name), message: `expected an array of strings; ${example}` });
  }
  return problems;
}

function checkFileSearch(tool: Fields, place: string): Problem[] {
  const ids = own(tool, 'vector_store_ids');
  if (isTextList(ids) && ids.length > 0) return [];
  const found = ids === undefined ? 'missing' : 'expected a non-empty array of strings';
  return [{ field: at(place, 'vector_store_ids'), message: `${found}; write the ids of vector stores, ["vs_…"]` }];
}

const MCP_TARGETS = ['server_url', 'connector_id', 'tunnel_id'];

function checkMcp(tool: Fields, place: string): Problem[] {
  const problems: Problem[] = [];
  if (!isText(own(tool, 'server_label'))) {
    problems.push({ field: at(place, 'server_label'), message: 'missing; write a name for the server' });
  }
  const targets = MCP_TARGETS.filter((name) => own(tool, name) !== undefined);
  const target = targets[0] ?? 'server_url';
  if (targets.length !== 1) {
    const found = targets.length === 0 ? 'missing' : `given together with ${targets.slice(1).join(' and ')}`;
    problems.push({ field: at(place, target), message: `${found}; write exactly one of ${MCP_TARGETS.join(', ')}` });
  }
  for (const name of targets.filter((name) => !isText(own(tool, name)))) {
    problems.push({ field: at(place, name), message: 'expected a string; write the address or the id' });
  }
  return [...problems, ...credentialProblems(tool, place)];
}

function checkFunction(tool: Fields, place: string): Problem[] {
  if (isText(own(tool, 'name'))) return [];
  return [{ field: at(place, 'name'), message: 'missing; write the name of the function' }];
}

const ELSEWHERE = { container: 'it belongs to the tool code_interpreter' };

const SHAPES = new Map<string, Shape>([
  [
    'web_search',
    {
      fields: ['type', 'filters', 'user_location', 'search_context_size', 'external_web_access'].concat([
        'return_token_budget',
        'search_content_types',
        'image_settings',
      ]),
      hints: {
        ...ELSEWHERE,
        allowed_domains: 'did you mean filters.allowed_domains?',
        blocked_domains: 'did you mean filters.blocked_domains?',
        max_uses: 'the request has max_tool_calls, for all of its tools',
      },
      check: checkWebSearch,
    },
  ],
  [
    'web_search_preview',
    {
      fields: ['type', 'user_location', 'search_context_size', 'search_content_types'],
      hints: {
        ...ELSEWHERE,
        allowed_domains: 'use the type web_search with filters.allowed_domains',
        filters: 'use the type web_search, which has it',
      },
      check: checkLocation,
    },
  ],
  [
    'code_interpreter',
    {
      fields: ['type', 'container', 'allowed_callers'],
      hints: { file_ids: 'did you mean container.file_ids?', files: `did you mean container.file_ids? ${FILE_IDS}` },
      check: checkContainer,
    },
  ],
  [
    'mcp',
    {
      fields: ['type', 'server_label', ...MCP_TARGETS, 'authorization', 'headers', 'server_description'].concat([
        'allowed_tools',
        'require_approval',
        'defer_loading',
        'allowed_callers',
      ]),
      check: checkMcp,
    },
  ],
  [
    'file_search',
    { fields: ['type', 'vector_store_ids', 'max_num_results', 'ranking_options', 'filters'], check: checkFileSearch },
  ],
  [
    'function',
    {
      fields: ['type', 'name', 'parameters', 'strict', 'description', 'defer_loading', 'allowed_callers'].concat(
        'output_schema',
      ),
      hints: { function: 'in this API name, parameters and description stand beside type' },
      check: checkFunction,
    },
  ],
]);

function checkTool(tool: unknown, place: string): Problem[] {
  if (!isFields(tool))
    return [{ field: place, message: 'expected an object; write {"type": "web_search"} or another' }];
  const type = own(tool, 'type');
  if (!isText(type)) return [{ field: at(place, 'type'), message: 'missing; write the type, such as "web_search"' }];
  // Dated versions of a tool (`web_search_2025_08_26`) have its fields. A type that is not known here is the API's to judge.
  const shape = SHAPES.get(type.replace(/_\d{4}_\d{2}_\d{2}$/, ''));
  if (!shape) return [];
  return [...misspeltFields(tool, shape.fields, { place, hints: shape.hints }), ...(shape.check?.(tool, place) ?? [])];
}

/** The problems of the `tools` of a request. */
export function toolProblems(tools: unknown): Problem[] {
  if (tools === undefined) return [];
  if (!Array.isArray(tools)) return [{ field: 'tools', message: 'expected an array; write [{"type": …}]' }];
  return tools.flatMap((tool: unknown, i) => checkTool(tool, `tools[${i}]`));
}
