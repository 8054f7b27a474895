/** One line of a batch file: the five forms it may have, brought into the form of a task. */
import type { TaskOptions } from '../contracts';
import { count, MAX_BYTES } from './bounds';
import { OPTION_NAMES } from './options';
import { givenNames, isFields, own, unknownFields, type Fields, type Problem } from './problem';
import { taskProblems } from './task';
import type { DoorRules } from './urls';

export interface LineDefaults extends DoorRules {
  model?: string;
  options?: TaskOptions;
}

/** A line that was read: the id it gives, if any, and its task or what is wrong with it. */
export interface ReadLine {
  id: unknown;
  /** The field that holds the id. */
  idField: 'id' | 'custom_id';
  task: Fields;
  problems: Problem[];
}

const FORMS = 'write a JSON string (the prompt), {"input": …}, {"request": {…}} or {"attach": {…}}';

export const wrong = (field: string, message: string): ReadLine => ({
  id: undefined,
  idField: 'id',
  task: {},
  problems: [{ field, message }],
});

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const only = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));

/** A template names a model itself: the default of the file must not replace it. */
function withModel(request: unknown, model: string | undefined): unknown {
  if (!isFields(request) || model === undefined) return request;
  if (own(request, 'model') !== undefined || own(request, 'prompt') !== undefined) return request;
  return { ...request, model };
}

function withOptions(options: unknown, defaults: TaskOptions | undefined): Fields {
  // What is not an object stays as it is: the check of the task says so.
  if (options !== undefined && !isFields(options)) return { options };
  const merged = { ...defaults, ...options };
  return Object.keys(merged).length > 0 ? { options: merged } : {};
}

function batchApiForm(fields: Fields, defaults: LineDefaults): ReadLine {
  const problems = unknownFields(fields, ['custom_id', 'method', 'url', 'body']);
  if (own(fields, 'method') !== 'POST') problems.push({ field: 'method', message: 'not supported; write "POST"' });
  if (own(fields, 'url') !== '/v1/responses') {
    problems.push({ field: 'url', message: 'not supported; write "/v1/responses", with a body of that endpoint' });
  }
  const task = { request: withModel(fields.body ?? null, defaults.model), ...withOptions(undefined, defaults.options) };
  // A body for another endpoint would only be blamed for fields that are right there.
  if (problems.length === 0) problems.push(...(isFields(fields.body) ? taskProblems(task, defaults) : [noBody]));
  return { id: own(fields, 'custom_id'), idField: 'custom_id', task, problems };
}

const noBody: Problem = { field: 'body', message: 'expected an object; write {"model": "…", "input": "…"}' };

/** `{request, options?, id?}` and `{attach, options?, id?}`: a task as the library takes it. */
function taskForm(fields: Fields, defaults: LineDefaults): ReadLine {
  const source = only(fields, ['request', 'attach']);
  if (own(fields, 'request') !== undefined) source.request = withModel(fields.request, defaults.model);
  const rest = without(fields, ['request', 'attach', 'options', 'id']);
  const task = { ...source, ...rest, ...withOptions(own(fields, 'options'), defaults.options) };
  return { id: own(fields, 'id'), idField: 'id', task, problems: taskProblems(task, defaults) };
}

/** Fields of the request and options of the task beside each other. */
export function flatForm(fields: Fields, defaults: LineDefaults): ReadLine {
  const problems: Problem[] = [];
  if (own(fields, 'options') !== undefined) {
    const message = 'not a field of this form; write the options beside input, or {"request": {…}, "options": {…}}';
    problems.push({ field: 'options', message });
  }
  let request = without(fields, ['id', 'options', ...OPTION_NAMES]);
  if (typeof request.prompt === 'string') {
    const { prompt, ...rest } = request;
    if (own(request, 'input') !== undefined) {
      problems.push({
        field: 'prompt',
        message: 'given together with input, which is the same; write only one of them',
      });
    }
    request = { input: prompt, ...rest };
  }
  const task = {
    request: withModel(request, defaults.model),
    ...withOptions(only(fields, OPTION_NAMES), defaults.options),
  };
  return { id: own(fields, 'id'), idField: 'id', task, problems: [...problems, ...taskProblems(task, defaults)] };
}

/** The parser's own message quotes the line, which may hold a credential: only the place is taken from it. */
function notJson(error: unknown): ReadLine {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  const where = position === undefined ? '' : ` (character ${Number(position) + 1})`;
  return wrong('line', `not valid JSON${where}; ${FORMS}`);
}

function parse(text: string): { value: unknown } | { error: unknown } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error };
  }
}

/** Reads one line that is not blank. */
export function readLine(text: string, defaults: LineDefaults): ReadLine {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return wrong('line', `${count(bytes)} bytes are more than ${count(MAX_BYTES)}; shorten it, or upload a file`);
  }
  const parsed = parse(text);
  return 'error' in parsed ? notJson(parsed.error) : readValue(parsed.value, defaults);
}

function readValue(value: unknown, defaults: LineDefaults): ReadLine {
  if (typeof value === 'string') return flatForm({ input: value }, defaults);
  if (!isFields(value)) return wrong('line', `expected a string or an object; ${FORMS}`);
  const names = givenNames(value);
  if (names.includes('custom_id') || names.includes('body')) return batchApiForm(value, defaults);
  if (names.includes('request') || names.includes('attach')) return taskForm(value, defaults);
  return flatForm(value, defaults);
}
