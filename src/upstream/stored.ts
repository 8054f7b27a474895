/** A Response object as the store keeps it: as upstream gave it, without what must not lie on a disk. Pure. */
import { isObject } from '../is-object';
import type { Response } from 'openai/resources/responses/responses';
import type { StoredAnswer } from '../contracts';
import { parseUrl } from '../network/parse-url';
import { redact } from '../security/redact';
import { outputText } from './answer';

const HIDDEN = '<redacted>';

/** The API itself keeps no more of an address either: a path or a query may be a credential. */
function originOf(url: string): string {
  const address = parseUrl(url);
  if (!address) return HIDDEN;
  const { protocol, host } = address;
  return url === `${protocol}//${host}` || url === `${protocol}//${host}/` ? url : `${protocol}//${host}/${HIDDEN}`;
}

/** The API does not repeat credentials of MCP tools; other servers of its contract may. */
function withoutCredentials(tool: unknown): unknown {
  if (!isObject(tool)) return tool;
  const { authorization, headers, server_url: url } = tool;
  return {
    ...tool,
    ...(typeof authorization === 'string' ? { authorization: HIDDEN } : {}),
    ...(isObject(headers) ? { headers: Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN])) } : {}),
    ...(typeof url === 'string' ? { server_url: originOf(url) } : {}),
  };
}

/** An error may quote the key that was sent. */
function withoutSecrets(error: unknown): unknown {
  return isObject(error) && typeof error.message === 'string' ? { ...error, message: redact(error.message) } : error;
}

/** What the store keeps of a terminal response, for `JSON.stringify`. */
export function toStoredAnswer(response: Response): StoredAnswer {
  const { tools, error } = response as { tools?: unknown; error?: unknown };
  // The official client adds both: the text as a field, the id out of sight.
  const { _request_id: requestId } = response as { _request_id?: unknown };
  const kept = {
    ...response,
    output_text: undefined,
    ...(Array.isArray(tools) ? { tools: tools.map(withoutCredentials) } : {}),
    ...(error === undefined ? {} : { error: withoutSecrets(error) }),
  };
  return {
    outputText: outputText(response.output),
    response: kept as unknown as Response,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}
