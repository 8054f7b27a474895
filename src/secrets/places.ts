/**
 * Where in a request `secret://NAME` stands for a value: where credentials for other servers are, and never where a model
 * reads or where the API gives back what was sent. Pure; the door and the activity have it from here.
 */
import { isObject } from '../is-object';
import { referenceIn } from './reference';

/**
 * - `secret`: a reference is replaced.
 * - `prompt`: text of the user, and of whoever wrote what is quoted in it. A reference is text like any other.
 * - `plain`: names, ids, numbers, labels. A reference is a mistake.
 */
export type Place = 'secret' | 'prompt' | 'plain';

/** The fields of `POST /v1/responses` with text for the model. */
const PROMPT_FIELDS = new Set(['input', 'instructions', 'prompt', 'text']);

/** Its other fields but `tools`: the API gives them back, or shows them to whoever has access to the project. */
const PLAIN_FIELDS = new Set(
  (
    'background context_management conversation include max_output_tokens max_tool_calls metadata model moderation ' +
    'parallel_tool_calls previous_response_id prompt_cache_key prompt_cache_options prompt_cache_retention reasoning ' +
    'safety_identifier service_tier store stream stream_options temperature tool_choice top_logprobs top_p truncation user'
  ).split(' '),
);

/** What a model reads of a tool, whatever tool it is. */
const PROMPT_FIELDS_OF_TOOLS = new Set(
  'type name description server_label server_description parameters output_schema format allowed_tools'.split(' '),
);

/** A place, and whether all below it is one too. */
interface Region {
  place: Place;
  isTools?: true;
}

/** A field that this version does not know is for another server (a gateway's `api_key`): the API has none of them. */
function fieldOfRequest(name: string): Region {
  if (name === 'tools') return { place: 'secret', isTools: true };
  if (PROMPT_FIELDS.has(name)) return { place: 'prompt' };
  return { place: PLAIN_FIELDS.has(name) ? 'plain' : 'secret' };
}

/** Whether a reference in this field of a request, or somewhere in it, can stand for a value. */
export const mayNameSecrets = (field: string): boolean => fieldOfRequest(field).place === 'secret';

function below(region: Region, name: string): Region {
  if (!region.isTools) return region;
  // Headers may have any name, also one of those below.
  if (name === 'headers') return { place: 'secret' };
  return PROMPT_FIELDS_OF_TOOLS.has(name) ? { place: 'prompt' } : region;
}

/** Is given each text, with the place where it stands and the names of the fields that lead there; gives what to put in. */
export type Visitor = (text: string, place: Place, path: readonly string[]) => string;

function walk(value: unknown, region: Region, path: readonly string[], visit: Visitor): unknown {
  if (typeof value === 'string') return visit(value, region.place, path);
  if (Array.isArray(value)) return value.map((entry, i) => walk(entry, region, [...path, String(i)], visit));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, walk(entry, below(region, name), [...path, name], visit)]),
  );
}

/** A copy of a request with each text as `visit` gives it. */
export function mapTexts(request: Record<string, unknown>, visit: Visitor): Record<string, unknown> {
  const entries = Object.entries(request);
  return Object.fromEntries(entries.map(([name, value]) => [name, walk(value, fieldOfRequest(name), [name], visit)]));
}

/** The names of the secrets that a request needs, each once. */
export function secretNamesOf(request: Record<string, unknown>): string[] {
  const names = new Set<string>();
  mapTexts(request, (text, place) => {
    const reference = place === 'secret' ? referenceIn(text) : undefined;
    if (reference) names.add(reference.name);
    return text;
  });
  return [...names];
}

/** A copy of a request with the values in place of their names. */
export function withSecrets(
  request: Record<string, unknown>,
  values: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return mapTexts(request, (text, place) => {
    const reference = place === 'secret' ? referenceIn(text) : undefined;
    const value = reference && values.get(reference.name);
    return value === undefined ? text : `${reference?.prefix ?? ''}${value}`;
  });
}
