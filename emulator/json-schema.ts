/** A smallest instance of a JSON schema, with the answer's text wherever a string is wanted. */
import type { Json } from './types';

export function instanceOf(schema: Json, text: string): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if ('const' in schema) return schema.const;
  const variants = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (variants?.[0]) return instanceOf(variants[0], text);
  const type = Array.isArray(schema.type) ? (schema.type as string[])[0] : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([key, value]) => [
          key,
          instanceOf(value, text),
        ]),
      );
    case 'array':
      return [instanceOf((schema.items ?? {}) as Json, text)];
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return text;
  }
}
