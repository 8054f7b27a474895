/** A small instance of a JSON schema, with the answer's text wherever a string is wanted. */
import type { Json } from './types';

const FORMATS: Record<string, string> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  email: 'otter@example.com',
  uri: 'https://example.com/otter',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  hostname: 'example.com',
};

/** Schemas may refer to themselves; deeper than this nothing optional is followed. */
const MAX_DEPTH = 8;

interface Context {
  root: Json;
  text: string;
  depth: number;
}

const isSchema = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function resolve(schema: Json, root: Json): Json {
  if (typeof schema.$ref !== 'string') return schema;
  let found: unknown = root;
  for (const key of schema.$ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = isSchema(found) ? found[key.replace(/~1/g, '/').replace(/~0/g, '~')] : undefined;
  }
  return isSchema(found) && found !== schema ? found : {};
}

function numberOf(schema: Json): number {
  const step = Number(schema.multipleOf ?? 1);
  const low = Number(
    schema.minimum ?? (schema.exclusiveMinimum === undefined ? NaN : Number(schema.exclusiveMinimum) + step),
  );
  const high = Number(
    schema.maximum ?? (schema.exclusiveMaximum === undefined ? NaN : Number(schema.exclusiveMaximum) - step),
  );
  if (!Number.isNaN(low)) return Math.ceil(low / step) * step;
  return Number.isNaN(high) || high >= step ? step : Math.floor(high / step) * step;
}

function stringOf(schema: Json, text: string): string {
  const known = FORMATS[String(schema.format)];
  if (known !== undefined) return known;
  const max = Number(schema.maxLength ?? Infinity);
  return text.padEnd(Number(schema.minLength ?? 0), '.').slice(0, max);
}

function objectOf(schema: Json, context: Context): Json {
  const required = (schema.required ?? []) as string[];
  const wanted = Object.entries((schema.properties ?? {}) as Record<string, Json>).filter(
    ([key]) => context.depth < MAX_DEPTH || required.includes(key),
  );
  return Object.fromEntries(wanted.map(([key, value]) => [key, make(value, context)]));
}

function typeOf(schema: Json): unknown {
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return type ?? (schema.properties ? 'object' : schema.items ? 'array' : 'string');
}

/** The first variant, but beyond the depth one that ends: `null`, mostly. */
function variantOf(schema: Json, { depth }: Context): Json | undefined {
  const variants = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (!Array.isArray(variants)) return undefined;
  const plain = variants.find(({ type }) => type !== 'object' && type !== 'array' && type !== undefined);
  return depth < MAX_DEPTH ? variants[0] : (plain ?? variants[0]);
}

function make(given: Json, context: Context): unknown {
  // A schema that requires itself has no instance at all.
  if (context.depth > 4 * MAX_DEPTH) return null;
  const next = { ...context, depth: context.depth + 1 };
  const whole = resolve(given, context.root);
  const parts = Array.isArray(whole.allOf) ? (whole.allOf as Json[]).map((part) => resolve(part, context.root)) : [];
  const schema: Json = Object.assign({}, ...parts, whole) as Json;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if ('const' in schema) return schema.const;
  const variant = variantOf(schema, context);
  if (variant) return make(variant, next);
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, next);
    case 'array': {
      const least = Number(schema.minItems ?? (context.depth < MAX_DEPTH && schema.maxItems !== 0 ? 1 : 0));
      return Array.from({ length: least }, () => make((schema.items ?? {}) as Json, next));
    }
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringOf(schema, context.text);
  }
}

/** An instance of `schema`; `pattern` is not looked at. */
export const instanceOf = (schema: Json, text: string): unknown => make(schema, { root: schema, text, depth: 0 });
