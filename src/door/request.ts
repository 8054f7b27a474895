/** The body of a request. Fields this version does not know pass: the API is the judge of those. */
import { credentialIn } from '../security/credential-forms';
import { count, isDeeperThan, jsonBytes, MAX_BYTES, MAX_DEPTH } from './bounds';
import { inlineCredentialProblems } from './inline-credentials';
import { at, isFields, isText, isTextList, own, type Fields, type Problem } from './problem';
import { toolProblems } from './tools';
import { fetchedUrlProblems, type DoorRules } from './urls';

type Check = { fits: (value: unknown) => boolean; message: string };

const isNumber = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && value >= min && value <= max;
const isInteger = (min: number) => (value: unknown) => Number.isSafeInteger(value) && Number(value) >= min;
const isString = (value: unknown) => typeof value === 'string';

/** What makes a run durable is not for the request to choose. */
const FIXED: Record<string, Check> = {
  background: {
    fits: (value) => value === true,
    message: 'every task runs in background mode; leave it out or write true',
  },
  stream: {
    fits: (value) => value === false,
    message: 'this version polls and does not stream; leave it out or write false',
  },
  store: {
    fits: (value) => value === true,
    message:
      'a response that is not stored is kept for about 10 minutes only, and a worker that is away longer would lose ' +
      'an answer that was paid for; leave it out or write true',
  },
};

const TYPES: Record<string, Check> = {
  instructions: {
    fits: (value) => isString(value) || Array.isArray(value),
    message: 'expected a string or an array of items; write the text',
  },
  reasoning: { fits: isFields, message: 'expected an object; write {"effort": "medium"}' },
  include: { fits: isTextList, message: 'expected an array of strings; write ["reasoning.encrypted_content"]' },
  max_output_tokens: { fits: isInteger(16), message: 'expected a whole number of at least 16; write 16 or more' },
  max_tool_calls: { fits: isInteger(1), message: 'expected a whole number of at least 1; write 1 or more' },
  temperature: { fits: isNumber(0, 2), message: 'expected a number; write one from 0 to 2' },
  top_p: { fits: isNumber(0, 1), message: 'expected a number; write one from 0 to 1' },
  parallel_tool_calls: {
    fits: (value) => typeof value === 'boolean',
    message: 'expected a boolean; write true or false',
  },
  text: { fits: isFields, message: 'expected an object; write {"format": {…}} or {"verbosity": "low"}' },
  previous_response_id: { fits: isText, message: 'expected a string; write the id of a response, "resp_…"' },
  conversation: {
    fits: (value) => isText(value) || (isFields(value) && isText(own(value, 'id'))),
    message: 'expected an id; write "conv_…" or {"id": "conv_…"}',
  },
};

/** A name is a search attribute too: one that the server refuses there would stop a whole batch. */
const MAX_MODEL_CHARS = 200;

function modelFault(model: unknown, hasTemplate: boolean): string | undefined {
  if (model === undefined) return hasTemplate ? undefined : 'missing';
  if (!isText(model)) return 'expected a non-empty string';
  const usable = model.length <= MAX_MODEL_CHARS && !/[\p{Cc}\p{Cs}]/u.test(model);
  return usable ? undefined : `expected at most ${MAX_MODEL_CHARS} characters without line ends or control characters`;
}

/** What may stand for `input`: a template, or what was said before. */
const INSTEAD_OF_INPUT = ['prompt', 'previous_response_id', 'conversation'];

/** The problems of what must be there: `input` and `model`, or what has them. */
function essentialProblems(request: Fields): Problem[] {
  const [input, model, prompt] = ['input', 'model', 'prompt'].map((name) => own(request, name));
  const problems: Problem[] = [];
  if (prompt !== undefined && !(isFields(prompt) && isText(own(prompt, 'id')))) {
    const message = 'expected a template; write {"id": "pmpt_…"}, or write a text as input';
    return [{ field: 'prompt', message }];
  }
  const mayLack = INSTEAD_OF_INPUT.some((name) => own(request, name) !== undefined);
  const usable = Array.isArray(input) ? input.length > 0 || mayLack : isText(input);
  if (input === undefined ? !mayLack : !usable) {
    const found = input === undefined ? 'missing' : 'expected a text that is not blank, or a non-empty array of items';
    problems.push({ field: 'input', message: `${found}; write the prompt` });
  }
  const found = modelFault(model, prompt !== undefined);
  if (found !== undefined) problems.push({ field: 'model', message: `${found}; write the name of a model` });
  return problems;
}

function reasoningProblems(reasoning: unknown): Problem[] {
  if (!isFields(reasoning)) return [];
  return ['effort', 'summary']
    .filter((name) => own(reasoning, name) !== undefined && !isText(own(reasoning, name)))
    .map((name) => ({
      field: `reasoning.${name}`,
      message: `expected a string; write "${name === 'effort' ? 'medium' : 'auto'}"`,
    }));
}

/** Of the API's 16 pairs two are ours, and one is kept free for what a later version may need. */
const MAX_METADATA_PAIRS = 13;
const RESERVED_METADATA = ['task_id', 'attempt'];

function metadataProblem(key: string, value: unknown): string | undefined {
  const kind = credentialIn(key);
  if (kind) return `what looks like ${kind} would be kept upstream and in histories; take it out`;
  if (RESERVED_METADATA.includes(key)) return 'this key is set by durable-responses itself; use another name';
  if (key.length > 64) return `the key has ${key.length} characters; write at most 64`;
  if (typeof value !== 'string') return 'expected a string; write the value in quotes';
  if (value.length > 512) return `the value has ${count(value.length)} characters; write at most 512`;
  return undefined;
}

function metadataProblems(metadata: unknown): Problem[] {
  if (metadata === undefined) return [];
  if (!isFields(metadata)) return [{ field: 'metadata', message: 'expected an object; write {"key": "value"}' }];
  const entries = Object.entries(metadata);
  const problems = entries.flatMap(([key, value]) => {
    const message = metadataProblem(key, value);
    return message === undefined ? [] : [{ field: at('metadata', key), message }];
  });
  if (entries.length > MAX_METADATA_PAIRS) {
    const why = 'the API has room for 16, of which durable-responses keeps 3';
    const message = `${entries.length} pairs are too many; write at most ${MAX_METADATA_PAIRS} (${why})`;
    problems.unshift({ field: 'metadata', message });
  }
  return problems;
}

function sizeProblems(request: Fields): Problem[] {
  const field = 'request';
  if (isDeeperThan(MAX_DEPTH, request)) {
    return [{ field, message: `nested deeper than ${MAX_DEPTH} levels; write it flatter` }];
  }
  const bytes = jsonBytes(request);
  if (bytes === null) return [{ field, message: 'cannot be written as JSON; use plain JSON values only' }];
  if (bytes <= MAX_BYTES) return [];
  const advice = 'shorten the input, or upload the long part as a file (task option files)';
  return [{ field, message: `${count(bytes)} bytes of JSON are more than ${count(MAX_BYTES)}; ${advice}` }];
}

export interface RequestRules extends DoorRules {
  /** What looks like a credential may stand in the prompt. */
  allowKeysInPrompt?: boolean;
}

/** What has a problem already needs no second one. */
function withInline(problems: Problem[], request: Fields, { allowKeysInPrompt = false }: RequestRules): Problem[] {
  const known = new Set(problems.map(({ field }) => field));
  const more = inlineCredentialProblems(request, allowKeysInPrompt).filter(({ field }) => !known.has(field));
  return [...problems, ...more];
}

/** The problems of a request; the field of each is named as in the request. */
export function requestProblems(request: unknown, rules: RequestRules = {}): Problem[] {
  if (!isFields(request)) {
    return [{ field: 'request', message: 'expected an object; write {"model": "…", "input": "…"}' }];
  }
  const size = sizeProblems(request);
  if (size.length > 0) return size;
  const problems = essentialProblems(request);
  for (const [field, { fits, message }] of Object.entries({ ...FIXED, ...TYPES })) {
    const value = own(request, field);
    if (value !== undefined && !fits(value)) problems.push({ field, message });
  }
  if (own(request, 'conversation') !== undefined && own(request, 'previous_response_id') !== undefined) {
    problems.push({
      field: 'conversation',
      message: 'given together with previous_response_id; write only one of them',
    });
  }
  const all = [
    ...problems,
    ...reasoningProblems(own(request, 'reasoning')),
    ...metadataProblems(own(request, 'metadata')),
    ...toolProblems(own(request, 'tools')),
    ...fetchedUrlProblems(request, rules),
  ];
  return withInline(all, request, rules);
}
