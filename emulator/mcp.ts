/** Calls of a remote MCP server, which is made up, with its approvals. */
import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import { derivedId, inputItemsOf, markOf } from './prompt';
import type { Tool, ToolItems } from './tools';
import type { StoredResponse } from './types';

const TOOL = { name: 'lookup', input_schema: { type: 'object', properties: { key: { type: 'string' } } } };

/**
 * The API asks before every call unless told not to. Here it asks only where the request says `always`, so that a run
 * with a tool ends with an answer.
 */
function approvalOf(response: StoredResponse, tool: Tool): 'needed' | 'given' | 'denied' | 'not needed' {
  const reply = inputItemsOf(response.request).find(({ type }) => type === 'mcp_approval_response');
  if (reply) return reply.approve === true ? 'given' : 'denied';
  return tool.require_approval === 'always' || response.script.scenario === 'mcp_approval' ? 'needed' : 'not needed';
}

/** The list of the server's tools, then a call or the question whether to call. */
export function mcp(response: StoredResponse, tool: Tool): ToolItems {
  const label = tool.server_label ?? 'server';
  const mark = markOf(response);
  const call = { server_label: label, name: TOOL.name, arguments: JSON.stringify({ key: mark }) };
  const items: ResponseOutputItem[] = [
    { type: 'mcp_list_tools', id: derivedId('mcpl', response, label), server_label: label, tools: [TOOL] },
  ];
  const approval = approvalOf(response, tool);
  if (approval === 'needed') {
    items.push({ type: 'mcp_approval_request', id: derivedId('mcpr', response, label), ...call });
  } else if (approval !== 'denied') {
    const asked = inputItemsOf(response.request).find(({ type }) => type === 'mcp_approval_response');
    items.push({
      type: 'mcp_call',
      id: derivedId('mcp', response, label),
      ...call,
      approval_request_id: typeof asked?.approval_request_id === 'string' ? asked.approval_request_id : null,
      output: `value of ${mark}`,
      error: null,
      status: 'completed',
    });
  }
  return { items, citations: [], last: approval === 'needed' };
}
