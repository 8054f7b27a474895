/** What the tools of a request leave in the output. */
import type { ResponseOutputItem, ResponseOutputText } from 'openai/resources/responses/responses';
import { codeInterpreter } from './code-interpreter';
import { fileSearch } from './file-search';
import { mcp } from './mcp';
import { derivedId, inputItemsOf, markOf, openingOf, shortHash } from './prompt';
import type { Json, StoredResponse } from './types';

/** A label in the message's text, and the annotation that points at it. */
export interface Citation {
  label: string;
  annotation: (start: number, end: number) => ResponseOutputText['annotations'][number];
}

export interface ToolItems {
  items: ResponseOutputItem[];
  citations: Citation[];
  /** Nothing follows: the client's turn is next. */
  last?: boolean;
}

export type Tool = Json & { type: string; server_label?: string; name?: string; require_approval?: unknown };

/** Which tool a scenario stands for where the request has none of that kind. */
const STAND_INS: Record<string, string> = {
  web_search: 'web_search',
  deep_research: 'web_search',
  code_interpreter: 'code_interpreter',
  file_search: 'file_search',
  mcp: 'mcp',
  mcp_approval: 'mcp',
  function_call: 'function',
};

/** The tools that are used: all of the request, and the one that the scenario is named after. */
export function toolsOf({ request, script }: StoredResponse): Tool[] {
  const given = request.tool_choice !== 'none' && Array.isArray(request.tools) ? (request.tools as Tool[]) : [];
  const standIn = STAND_INS[script.scenario];
  return standIn === undefined || given.some(({ type }) => type.startsWith(standIn))
    ? given
    : [...given, { type: standIn }];
}

const RESEARCH_STEPS = 3;

/** One search; deep research searches, opens pages and cites each. */
function webSearch(response: StoredResponse): ToolItems {
  const query = openingOf(response.request, 6);
  const steps = response.script.scenario === 'deep_research' ? RESEARCH_STEPS : 1;
  const found: ToolItems = { items: [], citations: [] };
  for (let step = 0; step < steps; step++) {
    const url = `https://example.com/${shortHash(`${query}/${step}`)}`;
    const title = `${query} (${step + 1})`;
    const search = { type: 'search' as const, query, queries: [query], sources: [{ type: 'url' as const, url }] };
    const actions = steps === 1 ? [search] : [search, { type: 'open_page' as const, url }];
    found.items.push(
      ...actions.map((action, i) => ({
        type: 'web_search_call' as const,
        id: derivedId('ws', response, `${step}/${i}`),
        status: 'completed' as const,
        action,
      })),
    );
    found.citations.push({
      label: `([example.com](${url}))`,
      annotation: (start_index, end_index) => ({ type: 'url_citation', url, title, start_index, end_index }),
    });
  }
  return found;
}

/** Called once: who sends the outputs back gets the answer. */
function functionCall(response: StoredResponse, tool: Tool): ToolItems {
  if (inputItemsOf(response.request).some(({ type }) => type === 'function_call_output'))
    return { items: [], citations: [] };
  const name = tool.name ?? 'lookup';
  return {
    items: [
      {
        type: 'function_call',
        id: derivedId('fc', response, name),
        call_id: derivedId('call', response, name),
        name,
        arguments: JSON.stringify({ key: markOf(response) }),
        status: 'completed',
      },
    ],
    citations: [],
    last: response.script.scenario === 'function_call',
  };
}

function itemsOf(response: StoredResponse, tool: Tool): ToolItems {
  if (tool.type.startsWith('web_search')) return webSearch(response);
  if (tool.type === 'code_interpreter') return codeInterpreter(response);
  if (tool.type === 'file_search') return fileSearch(response);
  if (tool.type === 'mcp') return mcp(response, tool);
  if (tool.type === 'function') return functionCall(response, tool);
  return { items: [], citations: [] };
}

/** Items in the order of the tools of the request. */
export function toolItems(response: StoredResponse): ToolItems {
  const all = toolsOf(response).map((tool) => itemsOf(response, tool));
  return {
    items: all.flatMap(({ items }) => items),
    citations: all.flatMap(({ citations }) => citations),
    last: all.some(({ last }) => last),
  };
}
