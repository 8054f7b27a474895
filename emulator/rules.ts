/** A small checker of bodies: tables of rules, and the messages of the API. */
import { missing, refuse } from './errors';
import type { Json } from './types';

export type Kind = 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array';

export interface Rule {
  /** None: anything goes. */
  kinds?: readonly Kind[];
  /** How the API calls what it expects, where its kinds do not say it. */
  expected?: string;
  values?: readonly string[];
  min?: number;
  max?: number;
  maxLength?: number;
  pattern?: RegExp;
  maxItems?: number;
  items?: Rule;
  maxProperties?: number;
  /** Of a map: the rule of each value, and the longest key. */
  entries?: Rule;
  maxKeyLength?: number;
  /** Of an object: its only fields. */
  fields?: Record<string, Rule>;
  required?: readonly string[];
  /** What no table can say; runs last. */
  also?: (value: never, param: string) => void;
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  return typeof value;
};

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function namesOf(kinds: readonly Kind[]): string {
  const names = kinds.map((kind) => (kind === 'number' ? 'decimal' : kind));
  const [only] = names;
  if (names.length === 1 && only) return article(only);
  return `one of ${article(names.slice(0, -1).join(', '))} or ${names.at(-1) ?? ''}`;
}

function checkKind(value: unknown, { kinds, expected }: Rule, param: string): void {
  const actual = kindOf(value);
  if (!kinds || kinds.some((kind) => kind === actual || (kind === 'number' && /^(integer|decimal)$/.test(actual))))
    return;
  const text = `expected ${expected ?? namesOf(kinds)}, but got ${article(actual)} instead.`;
  throw refuse('invalid_type', param, `Invalid type for '${param}': ${text}`);
}

function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  if (quoted.length < 3) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}

function checkString(value: string, { values, maxLength = Infinity, pattern }: Rule, param: string): void {
  if (values && !values.includes(value)) {
    throw refuse('invalid_value', param, `Invalid value: '${value}'. Supported values are: ${listed(values)}.`);
  }
  if (value.length > maxLength) {
    const text = `Expected a string with maximum length ${maxLength}, but got a string with length ${value.length} instead.`;
    throw refuse('string_above_max_length', param, `Invalid '${param}': string too long. ${text}`);
  }
  if (pattern && !pattern.test(value)) {
    const text = `Expected a string that matches the pattern '${pattern.source}'.`;
    throw refuse('invalid_value', param, `Invalid '${param}': string does not match pattern. ${text}`);
  }
}

function checkNumber(value: number, { min = -Infinity, max = Infinity }: Rule, param: string): void {
  if (value >= min && value <= max) return;
  const kind = Number.isInteger(value) ? 'integer' : 'decimal';
  const [side, words, bound] =
    value < min ? ['below_min', 'below minimum', `>= ${min}`] : ['above_max', 'above maximum', `<= ${max}`];
  const text = `${kind} ${words} value. Expected a value ${bound}, but got ${value} instead.`;
  throw refuse(`${kind}_${side}_value`, param, `Invalid '${param}': ${text}`);
}

function checkArray(value: unknown[], { maxItems = Infinity, items }: Rule, param: string): void {
  if (value.length > maxItems) {
    const text = `Expected an array with maximum length ${maxItems}, but got an array with length ${value.length} instead.`;
    throw refuse('array_above_max_length', param, `Invalid '${param}': array too long. ${text}`);
  }
  if (items) value.forEach((item, i) => check(item, items, `${param}[${i}]`));
}

const below = (param: string, key: string): string => (param === '' ? key : `${param}.${key}`);

function checkMap(value: Json, rule: Rule, param: string): void {
  const keys = Object.keys(value);
  const { maxProperties = Infinity, maxKeyLength = Infinity, entries } = rule;
  if (keys.length > maxProperties) {
    const text = `Expected an object with at most ${maxProperties} properties, but got an object with ${keys.length} properties instead.`;
    throw refuse('object_above_max_properties', param, `Invalid '${param}': too many properties. ${text}`);
  }
  for (const key of keys) {
    checkString(key, { maxLength: maxKeyLength }, below(param, key));
    if (entries) check(value[key], entries, below(param, key));
  }
}

function checkFields(value: Json, { fields, required = [] }: Rule, param: string): void {
  for (const key of fields ? Object.keys(value) : []) {
    const place = below(param, key);
    const rule = fields && Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!rule) throw refuse('unknown_parameter', place, `Unknown parameter: '${place}'.`);
    // The API takes null for "not given" nearly everywhere.
    if (value[key] !== null) check(value[key], rule, place);
  }
  for (const key of required) if (value[key] == null) throw missing(below(param, key));
}

/** @throws ApiError 400 for the first thing in `value` that breaks the rule. */
export function check(value: unknown, rule: Rule, param: string): void {
  checkKind(value, rule, param);
  if (typeof value === 'string') checkString(value, rule, param);
  else if (typeof value === 'number') checkNumber(value, rule, param);
  else if (Array.isArray(value)) checkArray(value, rule, param);
  else if (typeof value === 'object' && value !== null) {
    checkMap(value as Json, rule, param);
    checkFields(value as Json, rule, param);
  }
  rule.also?.(value as never, param);
}

const short =
  (kind: Kind) =>
  (rule: Rule = {}): Rule => ({ kinds: [kind], ...rule });

export const string = short('string');
export const boolean = short('boolean');
export const integer = short('integer');
export const number = short('number');
export const object = short('object');
export const array = short('array');
export const oneOf = (...values: string[]): Rule => string({ values });
export const any: Rule = {};
