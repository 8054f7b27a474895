/** What the tools of a request leave in the output. */
import type { ResponseOutputItem, ResponseOutputText } from 'openai/resources/responses/responses';
import { derivedId, promptOf, shortHash } from './content';
import type { Json, StoredResponse } from './types';

/** A label in the message's text, and the annotation that points at it. */
export interface Citation {
  label: string;
  annotation: (start: number, end: number) => ResponseOutputText['annotations'][number];
}

export interface ToolItems {
  items: ResponseOutputItem[];
  citations: Citation[];
  /** Ends the output instead of a message. */
  last?: ResponseOutputItem;
}

type Tool = Json & { type: string; server_label?: string; name?: string };

const toolsOf = ({ request }: StoredResponse): Tool[] =>
  Array.isArray(request.tools) ? (request.tools as Tool[]) : [];

/** The container of the code interpreter; the file in it is named after the prompt's mark. */
export function containerOf(
  response: StoredResponse,
): { id: string; file: { id: string; path: string; content: string } } | null {
  const tool = toolsOf(response).find(({ type }) => type === 'code_interpreter');
  if (!tool && response.script.scenario !== 'code_interpreter') return null;
  const named = typeof tool?.container === 'string' ? tool.container : null;
  const mark = shortHash(JSON.stringify(response.request.input ?? null));
  const inputs = ((tool?.container as { file_ids?: string[] } | undefined)?.file_ids ?? []).join('\n');
  return {
    id: named ?? derivedId('cntr', response, 'container'),
    file: {
      id: derivedId('cfile', response, 'chart'),
      path: `/mnt/data/summary-${mark}.csv`,
      content: `mark,prompt_chars\n${mark},${promptOf(response.request).length}\n${inputs}\n`,
    },
  };
}

function webSearch(response: StoredResponse): ToolItems {
  const query = promptOf(response.request).trim().split(/\s+/).slice(0, 6).join(' ');
  const url = `https://example.com/${shortHash(query)}`;
  return {
    items: [
      {
        type: 'web_search_call',
        id: derivedId('ws', response, 'search'),
        status: 'completed',
        action: { type: 'search', query, queries: [query], sources: [{ type: 'url', url }] },
      },
    ],
    citations: [
      {
        label: '(example.com)',
        annotation: (start, end) => ({ type: 'url_citation', url, title: query, start_index: start, end_index: end }),
      },
    ],
  };
}

function codeInterpreter(response: StoredResponse): ToolItems {
  const container = containerOf(response);
  if (!container) return { items: [], citations: [] };
  const filename = container.file.path.replace('/mnt/data/', '');
  const cited = { container_id: container.id, file_id: container.file.id, filename };
  return {
    items: [
      {
        type: 'code_interpreter_call',
        id: derivedId('ci', response, 'code'),
        status: 'completed',
        container_id: container.id,
        code: `import pandas as pd\npd.DataFrame().to_csv('${container.file.path}')`,
        outputs: [{ type: 'logs', logs: `wrote ${filename}` }],
      },
    ],
    citations: [
      {
        label: `sandbox:${container.file.path}`,
        annotation: (start, end) => ({ type: 'container_file_citation', ...cited, start_index: start, end_index: end }),
      },
    ],
  };
}

function mcp(response: StoredResponse, tool: Tool | undefined): ToolItems {
  const label = tool?.server_label ?? 'server';
  const mark = shortHash(promptOf(response.request));
  return {
    items: [
      {
        type: 'mcp_list_tools',
        id: derivedId('mcpl', response, label),
        server_label: label,
        tools: [{ name: 'lookup', input_schema: { type: 'object', properties: { key: { type: 'string' } } } }],
      },
      {
        type: 'mcp_call',
        id: derivedId('mcp', response, label),
        server_label: label,
        name: 'lookup',
        arguments: JSON.stringify({ key: mark }),
        output: `value of ${mark}`,
        error: null,
      },
    ],
    citations: [],
  };
}

function functionCall(response: StoredResponse, tool: Tool | undefined): ToolItems {
  const call = {
    type: 'function_call' as const,
    id: derivedId('fc', response, 'call'),
    call_id: derivedId('call', response, 'call'),
    name: tool?.name ?? 'lookup',
    arguments: JSON.stringify({ key: shortHash(promptOf(response.request)) }),
    status: 'completed' as const,
  };
  return { items: [], citations: [], last: call };
}

/** Items in the order of the tools of the request; a scenario named like a tool stands for that tool. */
export function toolItems(response: StoredResponse): ToolItems {
  const { scenario } = response.script;
  const tools = toolsOf(response);
  const wanted: Tool[] = tools.length > 0 ? tools : [{ type: scenario === 'deep_research' ? 'web_search' : scenario }];
  const all: ToolItems = { items: [], citations: [] };
  for (const tool of wanted) {
    const one = itemsOf(response, tool);
    all.items.push(...one.items);
    all.citations.push(...one.citations);
    all.last ??= one.last;
  }
  return all;
}

function itemsOf(response: StoredResponse, tool: Tool): ToolItems {
  if (tool.type.startsWith('web_search')) return webSearch(response);
  if (tool.type === 'code_interpreter') return codeInterpreter(response);
  if (tool.type === 'mcp') return mcp(response, tool);
  const called =
    tool.type === 'function_call' || (tool.type === 'function' && response.script.scenario === 'function_call');
  return called ? functionCall(response, tool.type === 'function' ? tool : undefined) : { items: [], citations: [] };
}
