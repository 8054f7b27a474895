/** What `strict: true` demands of a JSON schema. */
import { refuse } from './errors';
import type { Json } from './types';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problemOf(schema: Json): string | null {
  if (schema.type !== 'object' && !isObject(schema.properties)) return null;
  if (schema.additionalProperties !== false)
    return "'additionalProperties' is required to be supplied and to be false.";
  const required = Array.isArray(schema.required) ? (schema.required as unknown[]) : [];
  const left = Object.keys(isObject(schema.properties) ? schema.properties : {}).find((key) => !required.includes(key));
  if (left === undefined) return null;
  return `'required' is required to be supplied and to be an array including every key in properties. Missing '${left}'.`;
}

function walk(schema: unknown, path: string[], name: string): void {
  if (!isObject(schema)) return;
  const problem = problemOf(schema);
  if (problem) {
    const place = path.map((part) => `'${part}'`).join(', ');
    const text = `Invalid schema for response_format '${name}': In context=(${place}), ${problem}`;
    throw refuse('invalid_json_schema', 'text.format.schema', text);
  }
  for (const key of ['properties', '$defs', 'definitions']) {
    const children = isObject(schema[key]) ? schema[key] : {};
    for (const [child, value] of Object.entries(children)) walk(value, [...path, key, child], name);
  }
  walk(schema.items, [...path, 'items'], name);
  if (Array.isArray(schema.anyOf)) schema.anyOf.forEach((one, i) => walk(one, [...path, 'anyOf', String(i)], name));
}

/** @throws ApiError `invalid_json_schema` naming the first place that is too lax. */
export const checkStrictSchema = (schema: Json, name: string): void => walk(schema, [], name);
